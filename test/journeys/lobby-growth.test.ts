import { runInDurableObject } from 'cloudflare:test';
import { expect, it } from 'vitest';
import type { DeviceRow } from '../../src/ring/lobby/device-tables.ts';
import { type AcceptedSecret, type LobbyTables, openLobbyTables } from '../../src/ring/lobby/tables.ts';
import { countRows } from '../rows-read.ts';
import { rooms } from '../world.ts';

// As in ring-growth.test.ts: how many rows are read may not depend on how many there are.

const NOW = Date.UTC(2026, 10, 1, 12);
const SECONDS = NOW / 1_000;
const TODAY = Math.floor(SECONDS / 86_400);
const OWNER = { kind: 'user', id: 'user-test-growth', organizationId: null } as const;

/** One of each, in the middle of those. */
const SOME = 250;

const secretOf = (i: number): AcceptedSecret => ({
  ...{ fingerprint: `fingerprint ${i}`, clientId: `client ${Math.floor(i / 2)}`, named: OWNER },
  ...{ scopes: ['items:read'], sealed: 'sealed', acceptedAt: NOW + i, tokenExpiresAt: SECONDS + 3_600 + i },
});

const deviceOf = (i: number): DeviceRow => ({
  ...{ userCode: `code ${i}`, deviceCode: 'hash', clientId: 'acme-cli', scopes: [], about: 'box' },
  ...{ expiresAt: NOW + 60_000 + i, state: 'pending', stateAt: NOW, because: null, intervalSeconds: 5 },
  ...{ polledAt: null, sessionId: null, claim: null, approver: null, redemption: null },
});

/** A Lobby with so many of everything that there can be many of, and nothing of it due. */
const fill = (tables: LobbyTables, many: number): void => {
  for (let i = 0; i < many; i++) {
    tables.putOwner(`client ${i}`, OWNER, NOW);
    tables.putSecret(secretOf(i));
    tables.putScopedToken(`fingerprint ${i}`, 'a', { sealed: '', generation: 1, expiresAt: SECONDS + 3_600 });
    tables.putMessage(`message ${i}`, SECONDS, NOW - many + i);
    tables.putTry(`name ${i}`, NOW - many + i);
    tables.takeTokens(`ring ${i}`, [{ day: TODAY - 1, spent: 1, presented: 1 }], TODAY);
  }
  // Of these there are 500, and 120, at the most, whoever comes.
  for (let i = 0; i < 500; i++) tables.putDevice(deviceOf(i));
  for (let i = 0; i < 120; i++)
    tables.putFailure({ at: NOW - i, clientId: `client ${i}`, address: null, outcome: 'refused' });
  // Once after waking.
  tables.countTries();
};

const RUN = {
  ...{ id: 'run', state: 'running', startedAt: NOW, finishedAt: null, cursor: null, trouble: null },
} as unknown as Parameters<LobbyTables['putRun']>[0];

const { fingerprint: FINGERPRINT, clientId: CLIENT } = secretOf(SOME);
/** Of those that are forgotten. */
const [GONE, OTHER, THIRD] = [secretOf(SOME + 10), secretOf(SOME + 20), secretOf(SOME + 30)];

/** Everything that a Lobby's tables can be asked or told. What is new does not compile until it is here. */
const ASKED: { readonly [M in keyof LobbyTables]: (tables: LobbyTables) => unknown } = {
  owner: (tables) => tables.owner(CLIENT),
  putOwner: (tables) => tables.putOwner('client new', OWNER, NOW),
  claimedAt: (tables) => tables.claimedAt(CLIENT),
  renewClaim: (tables) => tables.renewClaim(CLIENT, NOW),
  forgetClient: (tables) => tables.forgetClient(GONE.clientId),
  secret: (tables) => tables.secret(FINGERPRINT, CLIENT),
  putSecret: (tables) => tables.putSecret({ ...secretOf(SOME), fingerprint: 'new' }),
  forgetTokens: (tables) => tables.forgetTokens(OTHER.clientId),
  deleteSecret: (tables) => tables.deleteSecret(OTHER.fingerprint),
  failures: (tables) => tables.failures(NOW),
  putFailure: (tables) => tables.putFailure({ at: NOW, clientId: '', address: null, outcome: 'refused' }),
  sweepFailures: (tables) => tables.sweepFailures(NOW),
  sweep: (tables) => tables.sweep(NOW),
  nextSweepAt: (tables) => tables.nextSweepAt(),

  messageSentAt: (tables) => tables.messageSentAt(`message ${SOME}`, NOW),
  putMessage: (tables) => {
    tables.putMessage('message new', SECONDS, NOW);
    tables.putMessage(`message ${SOME}`, SECONDS, NOW);
  },
  sweepMessages: (tables) => tables.sweepMessages(NOW),

  device: (tables) => tables.device([`code ${SOME}`]),
  putDevice: (tables) => tables.putDevice({ ...deviceOf(SOME), state: 'denied' }),
  devices: (tables) => tables.devices(),
  tries: (tables) => tables.tries(`name ${SOME}`),
  putTry: (tables) => tables.putTry('name new', NOW),
  deleteTry: (tables) => tables.deleteTry(`name ${SOME}`, SOME + 1),
  countTries: (tables) => tables.countTries(),
  sweepDevices: (tables) => tables.sweepDevices(NOW),
  nextDeviceSweepAt: (tables) => tables.nextDeviceSweepAt(),

  run: (tables) => tables.run(),
  putRun: (tables) => tables.putRun(RUN, NOW),
  runDueAt: (tables) => tables.runDueAt(),
  putOffRun: (tables) => tables.putOffRun(NOW),

  scopedToken: (tables) => tables.scopedToken(FINGERPRINT, 'a'),
  putScopedToken: (tables) =>
    tables.putScopedToken(FINGERPRINT, 'b', { sealed: '', generation: 1, expiresAt: SECONDS }),
  scopedEnds: (tables) => tables.scopedEnds(FINGERPRINT, 1, NOW),
  deleteScopedTokens: (tables) => tables.deleteScopedTokens(THIRD.fingerprint),
  sweepScopedTokens: (tables) => tables.sweepScopedTokens(NOW),

  countToken: (tables) => tables.countToken(TODAY),
  takeTokens: (tables) => tables.takeTokens('ring 1', [{ day: TODAY, spent: 1, presented: 1 }], TODAY),
  tokenTotals: (tables) => tables.tokenTotals(TODAY - 400, TODAY),
  sweepTokens: (tables) => tables.sweepTokens(TODAY),
  nextTokenSweepAt: (tables) => tables.nextTokenSweepAt(),
};

/** How many rows each of them reads in a Lobby with so many of each. */
const rowsRead = (many: number): Promise<Readonly<Record<string, number>>> =>
  runInDurableObject(rooms.LOBBY.getByName(`growth-${many}`), (_object, { storage }) => {
    const counting = countRows(storage);
    const tables = openLobbyTables(counting.storage);
    fill(tables, many);
    return Object.fromEntries(
      Object.entries(ASKED).map(([name, ask]) => {
        const before = counting.read();
        ask(tables);
        return [name, counting.read() - before];
      }),
    );
  });

it('what a Lobby is asked and told reads as many rows of 600 as of 3,000', async () => {
  const few = await rowsRead(600);
  expect(await rowsRead(3_000)).toEqual(few);
  // All failures that count are looked at, and devices are counted: 120 and 500 at the most.
  const { putMessage, countTries, sweep, sweepDevices, devices } = few;
  expect({ putMessage, countTries, sweep, sweepDevices, devices }).toEqual({
    ...{ putMessage: 1, countTries: 0, sweep: 138, sweepDevices: 5, devices: 500 },
  });
});

/** Works with a Lobby's tables of its own, and with what they are counted by. */
const inLobby = (
  name: string,
  work: (tables: LobbyTables, read: () => number, inTable: (table: string) => number) => void,
): Promise<void> =>
  runInDurableObject(rooms.LOBBY.getByName(name), (_object, { storage }) => {
    const counting = countRows(storage);
    const inTable = (table: string) => Number(storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one().n);
    work(openLobbyTables(counting.storage), counting.read, inTable);
  });

it('a message more than there may be takes the place of the oldest, which alone is looked for', async () => {
  await inLobby('growth-messages', (tables, read, inTable) => {
    for (let i = 0; i < 10_000; i++) tables.putMessage(`message ${i}`, SECONDS, NOW + i);
    const before = read();
    tables.putMessage('message new', SECONDS, NOW + 10_000);
    // One that is told again is none more.
    tables.putMessage('message new', SECONDS, NOW + 10_001);
    expect([read() - before, inTable('messages')]).toEqual([6, 10_000]);
    const seen = ['message 0', 'message 1', 'message new'].map((id) => tables.messageSentAt(id, NOW));
    expect(seen).toEqual([null, SECONDS, SECONDS]);
    tables.sweepMessages(NOW + 900_000 + 5_000);
    for (let i = 0; i < 6_000; i++) tables.putMessage(`later ${i}`, SECONDS, NOW + 900_000);
    expect(inTable('messages')).toBe(10_000);
  });
});

it('the count of tries is what is there, whatever came and went', async () => {
  await inLobby('growth-tries', (tables, _read, inTable) => {
    const counts = () => [tables.countTries(), inTable('tries')];
    const ids = [1, 2, 3, 4].map((at) => tables.putTry('name', NOW + at));
    expect(counts()).toEqual([4, 4]);
    tables.deleteTry('of another', ids[0] ?? 0);
    expect(counts()).toEqual([4, 4]);
    tables.deleteTry('name', ids[0] ?? 0);
    tables.deleteTry('name', ids[0] ?? 0);
    expect(counts()).toEqual([3, 3]);
    tables.sweepDevices(NOW + 600_000 + 2);
    expect(counts()).toEqual([2, 2]);
    tables.sweepDevices(NOW + 3);
    expect(counts()).toEqual([1, 1]);
  });
});

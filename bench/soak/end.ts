import { setTimeout as wait } from 'node:timers/promises';
import { verifyExport } from '../../cli/audit/verify-export.ts';
import { readMasterKeys } from '../../src/config/secrets.ts';
import { openKeychain } from '../../src/model/keychain.ts';
import { call, callJson } from '../http.ts';
import { inParallel } from '../latchkey.ts';
import type { Random } from '../simulate/random.ts';
import { atDesk, eventually, type Wish, wrong } from './desk.ts';
import { bearerOf, isSame, type KeyShown } from './keys.ts';
import { fullestWindow } from './meter.ts';
import type { Key, Owner } from './people.ts';
import { DESK_HOST, LEASE_SECONDS, OPERATOR, SMALL } from './settings.ts';
import type { Soak } from './soak.ts';
import { violate } from './tally.ts';
import { latest } from './timeline.ts';

/** What was found when everything was quiet again. */
export interface Findings {
  readonly owners: number;
  readonly keysEver: number;
  readonly keysLiving: number;
  /** M2M clients of keys that Stytch has. */
  readonly clientsAtStytch: number;
  readonly exchanges: number;
  readonly exchangesAllowed: number;
  /** Keys with one exchange more than that. */
  readonly exchangedOnceMore: number;
  readonly auditTrails: number;
  readonly auditRows: number;
  readonly assertionsProven: number;
  readonly limits: readonly LimitFound[];
}

export interface LimitFound {
  readonly name: string;
  readonly limit: number;
  readonly perSeconds: number;
  readonly admitted: number;
  readonly refused: number;
  /** The most units in any window. */
  readonly fullest: number;
}

/** Stytch is told of the last changes by alarms, which may have to wait for each other. */
const SETTLE_MS = 60_000;

/** Of so many owners the audit trail is verified. */
const TRAILS = 10;

/** A token is renewed in its last five minutes: so often may one secret be exchanged. */
const TOKEN_LIFE_MS = 55 * 60_000;

/**
 * The part of the keys that may have one token more: promise 4 counts exchanges that succeed, and the emulator also what it
 * made for an answer that nobody got. Anything more than that would be many keys, or more than one token.
 */
const MAY_EXCHANGE_ONCE_MORE = 1 / 50;

/** Holds Stytch, the Rings, the origin and the audit trails against the model, when nothing is going on any more. */
export const inspectEnd = async (soak: Soak, random: Random, runMs: number): Promise<Findings> => {
  const keys = soak.owners.flatMap((owner) => owner.keys);
  // A rotation that ended by itself in the last moments may not have been ended by its alarm yet.
  const settledAt = Math.max(0, ...keys.map(({ tokensUnclearUntil }) => tokensUnclearUntil));
  await wait(Math.max(0, settledAt - Date.now()));
  const living = keys.filter((key) => statusOf(key) === 'active' || statusOf(key) === 'rotating');
  const clients = await clientsAtStytch(soak, living);
  await inParallel(8, soak.owners, (owner) => compareList(soak, random, owner));
  const exchanges = await compareExchanges(soak, keys, Math.ceil(runMs / TOKEN_LIFE_MS));
  const auditRows = await inParallel(2, soak.owners.slice(0, TRAILS), (owner) => verifyTrail(soak, owner));
  const { requests, verified } = await soak.stage.origin.counts();
  if (requests !== soak.tally.admitted)
    found(soak, 'origin', `was asked ${requests} times, and ${soak.tally.admitted} were let in`);
  return {
    ...{
      owners: soak.owners.length,
      keysEver: keys.length,
      keysLiving: living.length,
      clientsAtStytch: clients,
    },
    ...exchanges,
    ...{ auditTrails: auditRows.length, auditRows: auditRows.reduce((sum, rows) => sum + rows, 0) },
    ...{ assertionsProven: verified, limits: limitsFound(soak) },
  };
};

const found = (soak: Soak, kind: string, problem: string, detail: unknown = null): void =>
  violate(soak.tally, {
    ...{ kind, problem, at: new Date().toISOString(), ms: 0, nonce: '' },
    detail: { detail },
  });

const statusOf = ({ isRevoked, expiresAt, rotationEndsAt }: Key): string => {
  if (isRevoked) return 'revoked';
  if (expiresAt !== null && expiresAt <= Date.now()) return 'expired';
  return rotationEndsAt === null ? 'active' : 'rotating';
};

/** Stytch has the clients of exactly the living keys, as soon as it was told of everything. */
const clientsAtStytch = async (soak: Soak, living: readonly Key[]): Promise<number> => {
  const expected = new Set(living.map(({ keyId }) => keyId));
  const unclear = new Set(
    soak.owners.flatMap(({ keys }) => keys.filter(({ isUnclear }) => isUnclear)).map(({ keyId }) => keyId),
  );
  let seen: readonly string[] = [];
  const isSo = async (): Promise<boolean> => {
    seen = (await allClients(soak)).filter((id) => !unclear.has(id));
    return (
      seen.every((id) => expected.has(id)) &&
      [...expected].every((id) => unclear.has(id) || seen.includes(id))
    );
  };
  if (!(await eventually(isSo, SETTLE_MS))) {
    const missing = [...expected].filter((id) => !seen.includes(id) && !unclear.has(id));
    const tooMany = seen.filter((id) => !expected.has(id));
    found(soak, 'Stytch', `has not the clients of the living keys after ${SETTLE_MS} ms`, {
      missing,
      tooMany,
    });
  }
  return seen.length;
};

const allClients = async ({ stage }: Soak): Promise<readonly string[]> => {
  const ids: string[] = [];
  const headers = { Authorization: `Basic ${btoa(`${stage.projectId}:${stage.projectSecret}`)}` };
  for (let cursor: string | null = null; ; ) {
    const body = { limit: 1_000, ...(cursor === null ? {} : { cursor }) };
    const wish = { port: stage.stytchPort, path: '/v1/m2m/clients/search', method: 'POST', headers, body };
    const page: ClientsShown = await callJson<ClientsShown>(wish, 200);
    ids.push(...page.m2m_clients.map(({ client_id }) => client_id));
    cursor = page.results_metadata.next_cursor;
    if (cursor === null) return ids.filter((id) => id !== OPERATOR);
  }
};

interface ClientsShown {
  readonly m2m_clients: readonly { readonly client_id: string }[];
  readonly results_metadata: { readonly next_cursor: string | null };
}

/** The Ring has every key that ever was, as the model has it. */
const compareList = async (soak: Soak, random: Random, owner: Owner): Promise<void> => {
  const shown = new Map<string, KeyShown>();
  let wish: Wish | null = listWish(owner, null);
  while (wish !== null) {
    const told: { readonly value: KeysShown | null } = await atDesk<KeysShown>(soak, random, wish);
    for (const key of told.value?.data ?? []) shown.set(key.key_id, key);
    const cursor: string | null = told.value?.next_cursor ?? null;
    wish = cursor === null ? null : listWish(owner, cursor);
  }
  for (const key of owner.keys) {
    if (key.isUnclear) continue;
    const its = shown.get(key.keyId);
    const isSo =
      its !== undefined &&
      its.status === statusOf(key) &&
      its.name === key.name &&
      its.owner.id === owner.userId &&
      isSame(its.scopes, latest(key.scopes) ?? []);
    if (!isSo)
      wrong(soak, listWish(owner, null), Date.now(), `the key is not ${statusOf(key)}`, its ?? key.keyId);
  }
  if (shown.size !== owner.keys.length)
    wrong(
      soak,
      listWish(owner, null),
      Date.now(),
      `has ${shown.size} keys and not ${owner.keys.length}`,
      null,
    );
};

interface KeysShown {
  readonly data: readonly KeyShown[];
  readonly next_cursor: string | null;
}

const listWish = (owner: Owner, cursor: string | null): Wish => ({
  ...{ what: 'list, at the end', method: 'GET', as: bearerOf(owner), statuses: [200], about: owner.userId },
  path: `/v1/keys?status=all&limit=100${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
});

/** Promise 4, of every key by itself. */
const compareExchanges = async (
  soak: Soak,
  keys: readonly Key[],
  lives: number,
): Promise<Pick<Findings, 'exchanges' | 'exchangesAllowed' | 'exchangedOnceMore'>> => {
  const { tokensByClient } = await callJson<{ readonly tokensByClient: Readonly<Record<string, number>> }>(
    { port: soak.stage.stytchPort, path: '/_emulator/counters' },
    200,
  );
  let exchanges = 0;
  let exchangesAllowed = 0;
  const beyond: { readonly says: string; readonly by: number }[] = [];
  for (const { keyId, allowedExchanges } of keys) {
    const [made, allowed] = [tokensByClient[keyId] ?? 0, allowedExchanges * lives];
    exchanges += made;
    exchangesAllowed += allowed;
    if (made > allowed)
      beyond.push({ says: `${made} and not at most ${allowed} of ${keyId}`, by: made - allowed });
  }
  const most = Math.ceil(keys.length * MAY_EXCHANGE_ONCE_MORE);
  const wrong = beyond.length > most ? beyond : beyond.filter(({ by }) => by > 1);
  for (const { says } of wrong) found(soak, 'exchanges', says);
  return { exchanges, exchangesAllowed, exchangedOnceMore: beyond.length - wrong.length };
};

/** The audit trail is as it was written, and has a row for everything that the model knows of. How many rows it has. */
const verifyTrail = async (soak: Soak, owner: Owner): Promise<number> => {
  const read = readMasterKeys({ LATCHKEY_MASTER_KEYS: soak.stage.masterKeys });
  if (!read.ok) throw new Error(read.problems.join('\n'));
  const { all } = await openKeychain(read.masterKeys);
  const { status, text } = await call({
    ...{ port: soak.stage.isolates[0] ?? 0, path: `/v1/users/${owner.userId}/export` },
    headers: { Host: DESK_HOST, Authorization: `Bearer ${soak.operator}` },
  });
  if (status !== 200) {
    found(soak, 'audit', `the export of ${owner.userId} answered ${status}`, text.slice(0, 400));
    return 0;
  }
  const said = verifyExport(
    text,
    all.map(({ id, auditKey }) => ({ id, key: auditKey })),
    null,
  );
  if (!said.ok) found(soak, 'audit', `the trail of ${owner.userId}: ${said.line}`);
  const actions = [...text.matchAll(/"type":"audit".*?"action":"([a-z._]+)"/g)].map(([, action]) => action);
  // That it is exported is written down as well, and expiry by an alarm that nobody waits for.
  const rows = actions.filter((action) => action !== 'owner.exported' && action !== 'key.expired').length;
  const isUnclear = owner.keys.some((key) => key.isUnclear);
  if (rows !== owner.auditRows && !isUnclear)
    found(soak, 'audit', `the trail of ${owner.userId} has ${rows} rows and not ${owner.auditRows}`);
  return actions.length;
};

/** Promise 3, of every limit that could be reached. */
const limitsFound = (soak: Soak): readonly LimitFound[] => {
  const meters = soak.owners.flatMap((owner) => [owner.meter, ...owner.keys.map((key) => key.meter)]);
  return meters.flatMap((meter) => {
    if (meter === null) return [];
    const fullest = fullestWindow(meter);
    const { name, requests: limit, perSeconds, refused } = meter;
    if (fullest > limit) found(soak, 'limit', `${name} let ${fullest} in within a window, and not ${limit}`);
    const admitted = meter.admitted.reduce((sum, { cost }) => sum + cost, 0);
    return [{ name, limit, perSeconds, admitted, refused, fullest }];
  });
};

/** What the figures are held against. */
export const TERMS = { leaseSeconds: LEASE_SECONDS, small: SMALL } as const;

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest';
import { ask } from '../../../demo/http.ts';
import { callLatchkey } from './recorder.ts';
import { memberOf, newUser, type Stage, startStage } from './stage.ts';

vi.setConfig({ testTimeout: 120_000 });

let stage: Stage;
let masterKey: string;
beforeAll(async () => {
  stage = await startStage();
  masterKey = String(memberOf(stage.secrets.LATCHKEY_MASTER_KEYS ?? '', '0', 'id'));
});
afterAll(() => stage?.stop());

const latchkey = (...args: readonly string[]) =>
  callLatchkey([...args, ...stage.asOperator], { env: stage.env });

/** A client that somebody made at Stytch, with an id like ours. */
const strayClient = async (id: string, metadata: object): Promise<void> => {
  const { PROJECT_ID, PROJECT_SECRET } = inject('emulatorBindings');
  const { status } = await ask(`${stage.stytch}/v1/m2m/clients`, {
    headers: { Authorization: `Basic ${btoa(`${PROJECT_ID}:${PROJECT_SECRET}`)}` },
    body: { client_id: id, client_name: 'stray', scopes: ['items:read'], trusted_metadata: metadata },
  });
  expect(status).toBe(200);
};

const issue = async (): Promise<string> => {
  const { id } = await newUser(stage.stytch);
  const who = ['--user', id, '--name', 'n', '--scope', 'items:read'];
  return String(memberOf((await latchkey('keys', 'issue', ...who, '--json')).said, 'key_id'));
};

test('tells what it found, with the master keys that living keys need, and ends well where all is well', async () => {
  await issue();
  await issue();
  const { code, said, told } = await latchkey('reconcile', '--dry-run');
  expect(code).toBe(0);
  // The operator's own client is there too.
  expect(said).toMatch(/^done\. 3 clients; a dry run, nothing was done\.\n/);
  expect(said).toMatch(/\nsame +2 +as they should be\n/);
  expect(said).toContain(`\n2 living keys need the master key ${masterKey}.`);
  expect(told).toContain('0 clients seen.');
});

test('does what is to be done, and says to whom; one of another maker needs somebody', async () => {
  const keyId = await issue();
  const ring = keyId.slice(0, 'acme_test_'.length + 16);
  const [orphan, unmarked] = [`${ring}0${'1'.repeat(11)}`, `${ring}0${'2'.repeat(11)}`];
  await strayClient(orphan, { made_by: 'latchkey' });
  const dry = await latchkey('reconcile', '--dry-run', '--json');
  expect([dry.code, memberOf(dry.said, 'orphans_left')]).toEqual([0, 1]);
  const done = await latchkey('reconcile');
  expect(done.code).toBe(0);
  expect(done.said).toContain(`orphan  ${orphan}`);
  expect((await latchkey('reconcile', '--json')).said).not.toContain(orphan);
  await strayClient(unmarked, {});
  const left = await latchkey('reconcile');
  expect([left.code, left.said]).toEqual([1, expect.stringContaining(`unmarked  ${unmarked}`)]);
});

/** A Desk of which only the reconciliation is there: what it answers in turn, and the last of it again and again. */
const deskThatAnswers = async (...answers: readonly (readonly [status: number, body: object])[]) => {
  const asked: (string | undefined)[] = [];
  const server = createServer(({ method }, response) => {
    const [status, body] = answers[Math.min(asked.length, answers.length - 1)] ?? [500, {}];
    asked.push(method);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  undo.push(() => server.close());
  const desk = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, desk };
};

const undo: (() => unknown)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

const RUN = {
  ...{ id: 'x', status: 'running', because: null, dry_run: false, by: null, finished_at: null },
  ...{ started_at: '2026-11-26T00:00:00.000Z', clients: 250 },
  ...{ counts: {}, master_keys: {}, orphans_left: 0, findings: [] },
};
const RUNNING = [409, { code: 'reconciliation_running', detail: 'One is running.' }] as const;

const reconcileAt = (desk: string, ...args: readonly string[]) =>
  callLatchkey(['reconcile', '--desk', desk, ...args], { env: { LATCHKEY_OPERATOR_TOKEN: 'any' } });

test('the one that is under way is followed, if it is of the same kind', async () => {
  const done = { ...RUN, status: 'done', clients: 300 };
  const { desk, asked } = await deskThatAnswers(RUNNING, [200, RUN], [200, done]);
  const { code, said, told } = await reconcileAt(desk);
  expect([code, said, told]).toEqual([0, 'done. 300 clients.', 'One is under way.\n250 clients seen.']);
  expect(asked).toEqual(['POST', 'GET', 'GET']);
  const other = await deskThatAnswers(RUNNING, [200, RUN]);
  const dry = await reconcileAt(other.desk, '--dry-run');
  expect([dry.code, dry.told]).toEqual([1, expect.stringContaining('One that is no dry run is under way')]);
  expect(other.asked).toEqual(['POST', 'GET']);
});

test.each([
  [
    'failed',
    { status: 'failed', because: 'Stytch gives no clients: 503' },
    'failed: Stytch gives no clients: 503.',
  ],
  ['left orphans', { status: 'done', orphans_left: 3 }, '3 orphans were left where they are'],
  ['could not judge all', { status: 'done', counts: { failed: 2 } }, 'because somebody did not answer'],
])('a reconciliation that %s ends with 1 and says so', async (_, more, says) => {
  const { desk } = await deskThatAnswers([202, { ...RUN, ...more }]);
  expect(await reconcileAt(desk)).toMatchObject({ code: 1, said: expect.stringContaining(says) });
});

test.each([
  ['a number that is none', ['--max-orphans', 'all'], '--max-orphans is a number.'],
  ['a word', ['now'], 'everything is said by options'],
])('%s is refused, and nothing begun', async (_, args, says) => {
  const { code, told } = await latchkey('reconcile', ...args);
  expect([code, told]).toEqual([2, expect.stringContaining(says)]);
});

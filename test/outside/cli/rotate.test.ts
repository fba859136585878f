import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freshSecrets } from '../../../tools/serve/secrets.ts';
import { idsIn, operatorsFolder, recordingWrangler, TODAY } from './operators-folder.ts';
import { callLatchkey, somebody } from './recorder.ts';

let operator: ReturnType<typeof operatorsFolder>;
let cloudflare: ReturnType<typeof recordingWrangler>;
let server: Server;
let desk: string;
/** Whether the Desk still is one that has not heard of anything. */
let isStale: boolean;
const first = JSON.parse(freshSecrets().ASSERTION_JWKS);

beforeEach(async () => {
  operator = operatorsFolder();
  cloudflare = recordingWrangler();
  isStale = false;
  server = createServer((request, response) => {
    const sent = isStale ? undefined : cloudflare.sent('ASSERTION_JWKS');
    response.setHeader('cache-control', 'public, max-age=300');
    if (request.url !== '/.well-known/jwks.json') response.statusCode = 404;
    response.end(sent ?? JSON.stringify(first));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  desk = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  operator.remove();
});

/** Calls the command; no key that is secret is ever shown. */
const latchkey = async (args: readonly string[], more: Parameters<typeof callLatchkey>[1] = {}) => {
  const { folder, clock } = operator;
  const { wrangler } = cloudflare;
  const env = { LATCHKEY_DESK: desk };
  const called = await callLatchkey(args, { folder, clock, wrangler, env, ...more });
  for (const secret of hidden()) expect(called.said + called.told).not.toContain(secret);
  return called;
};

const hidden = (): readonly string[] =>
  [...Object.values(operator.secrets())].flatMap((text) =>
    [...text.matchAll(/"(?:key|d)":"([^"]+)"/g)].map(([, secret = '']) => secret),
  );

const MASTER = 'LATCHKEY_MASTER_KEYS';
const ASSERTION = 'ASSERTION_JWKS';

describe('latchkey rotate-master', () => {
  test('lists a new key last, waits, and makes it the first: in the file before anything is sent', async () => {
    const one = await latchkey(['rotate-master', '--yes']);
    const id = TODAY;
    expect([one.code, operator.ids(MASTER)]).toEqual([0, ['test-1', id]]);
    expect(one.said).toContain(`The master key ${id} is accepted, and nothing is made under it`);
    expect(cloudflare.calls).toEqual([
      { args: ['secret', 'bulk', '--env', 'production'], secrets: { [MASTER]: operator.secrets()[MASTER] } },
    ]);
    const early = await latchkey(['rotate-master', '--yes']);
    expect([early.code, early.told]).toEqual([1, expect.stringMatching(/^Not before .*Z\.$/)]);
    expect(cloudflare.calls).toHaveLength(1);
    await operator.clock.wait(120_000);
    const two = await latchkey(['rotate-master', '--yes', '--json']);
    expect([two.code, JSON.parse(two.said)]).toEqual([
      0,
      { secret: MASTER, id, place: 'first', next_at: null },
    ]);
    expect([operator.ids(MASTER), cloudflare.sent(MASTER)]).toEqual([
      [id, 'test-1'],
      operator.secrets()[MASTER],
    ]);
  });

  test('--wait does both, two minutes apart', async () => {
    const { code, said } = await latchkey(['rotate-master', '--yes', '--wait', '--env', 'production']);
    expect([code, operator.ids(MASTER)]).toEqual([0, [TODAY, 'test-1']]);
    expect(said).toContain(`New keys are made under the master key ${TODAY}`);
    expect(cloudflare.calls.map(({ secrets }) => idsIn(secrets[MASTER] ?? ''))).toEqual([
      ['test-1', TODAY],
      [TODAY, 'test-1'],
    ]);
    expect(operator.waited()).toBe(120_000);
  });

  test('asks before each step; without anybody to ask, nothing is made', async () => {
    const nobody = await latchkey(['rotate-master']);
    expect([nobody.code, nobody.told]).toEqual([2, expect.stringContaining('say --yes to have it done')]);
    const no = somebody(false);
    expect((await latchkey(['rotate-master'], { person: no })).code).toBe(1);
    expect(no.asked).toEqual([`Make the master key ${TODAY}, and have it accepted everywhere?`]);
    expect([operator.ids(MASTER), cloudflare.calls]).toEqual([['test-1'], []]);
  });

  test('what was not sent is sent by the next call, and no further key is made', async () => {
    cloudflare.fail();
    const broken = await latchkey(['rotate-master', '--yes']);
    expect([broken.code, broken.told]).toEqual([1, expect.stringContaining('a network that is none')]);
    const listed = operator.ids(MASTER);
    expect([listed, cloudflare.calls]).toEqual([['test-1', TODAY], []]);
    expect((await latchkey(['rotate-master', '--yes'])).code).toBe(0);
    expect([operator.ids(MASTER), cloudflare.sent(MASTER)]).toEqual([listed, operator.secrets()[MASTER]]);
    await operator.clock.wait(120_000);
    cloudflare.fail();
    expect((await latchkey(['rotate-master', '--yes'])).code).toBe(1);
    expect((await latchkey(['rotate-master', '--yes'])).code).toBe(0);
    expect([operator.ids(MASTER), cloudflare.sent(MASTER)]).toEqual([
      [TODAY, 'test-1'],
      operator.secrets()[MASTER],
    ]);
  });

  test('of an environment without secrets on this machine, or with unreadable ones, nothing is made', async () => {
    const none = await latchkey(['rotate-master', '--yes', '--env', 'staging']);
    expect([none.code, none.told]).toEqual([
      1,
      expect.stringContaining('secrets.staging.json: is not there'),
    ]);
    operator.write({ [MASTER]: '[{"id":"a","key":"correct-horse"}]' });
    const short = await latchkey(['rotate-master', '--yes']);
    expect([short.code, short.told]).toEqual([
      1,
      expect.stringContaining('LATCHKEY_MASTER_KEYS[0].key: must be'),
    ]);
    expect([short.told.includes('horse'), cloudflare.calls]).toEqual([false, []]);
  });

  test('with --file-only nothing is sent', async () => {
    const { code, told } = await latchkey([
      'rotate-master',
      '--yes',
      '--wait',
      '--file-only',
      '--settle',
      '0',
    ]);
    expect([code, operator.ids(MASTER), cloudflare.calls]).toEqual([0, [TODAY, 'test-1'], []]);
    expect(told).toContain('anew');
  });

  test('a ninth key is not made', async () => {
    for (let i = 0; i < 7; i++) expect((await latchkey(['rotate-master', '--yes', '--wait'])).code).toBe(0);
    const full = await latchkey(['rotate-master', '--yes', '--wait']);
    expect([full.code, full.told]).toEqual([1, expect.stringContaining('take one off with --retire')]);
    expect(new Set(operator.ids(MASTER)).size).toBe(8);
  });
});

describe('latchkey rotate-master --retire', () => {
  const retire = (id: string, ...more: readonly string[]) =>
    latchkey(['rotate-master', '--retire', id, '--uncounted', ...more]);

  test('takes an old key off, when nothing is made under it any more, and keeps it for audit trails', async () => {
    const { [MASTER]: before = '' } = operator.secrets();
    await latchkey(['rotate-master', '--yes', '--wait']);
    const early = await retire('test-1', '--yes');
    expect([early.code, early.told]).toEqual([1, expect.stringContaining('may still be about')]);
    await operator.clock.wait(120_000);
    expect((await retire('test-1')).code).toBe(2);
    expect(operator.ids(MASTER)).toEqual([TODAY, 'test-1']);
    const { code, said } = await retire('test-1', '--yes');
    expect([code, said]).toEqual([0, 'The master key test-1 is off the list, and kept for audit trails.']);
    expect([operator.ids(MASTER), cloudflare.sent(MASTER)]).toEqual([[TODAY], operator.secrets()[MASTER]]);
    const [kept] = JSON.parse(operator.retired()[MASTER] ?? '');
    expect([kept.key]).toEqual(JSON.parse(before));
    // Its name is nobody else's.
    operator.write({ [MASTER]: before.replace('test-1', 'test-2') });
    await latchkey(['rotate-master', '--yes']);
    expect(operator.ids(MASTER)).not.toContain('test-1');
  });

  test('of the first, of one that is not there, or in the middle of a rotation, does nothing', async () => {
    const told = async (id: string) => (await retire(id, '--yes')).told;
    expect(await told('test-1')).toContain('put another in its place first');
    expect(await told('test-2')).toContain('There is no master key "test-2": there is test-1.');
    await latchkey(['rotate-master', '--yes']);
    expect(await told(TODAY)).toContain('is not the first yet');
    expect([operator.ids(MASTER), cloudflare.calls.length]).toEqual([['test-1', TODAY], 1]);
  });

  test('that was not sent is sent by the next call of rotate-master', async () => {
    await latchkey(['rotate-master', '--yes', '--wait']);
    await operator.clock.wait(120_000);
    cloudflare.fail();
    expect((await retire('test-1', '--yes')).code).toBe(1);
    expect(idsIn(cloudflare.sent(MASTER) ?? '')).toEqual([TODAY, 'test-1']);
    expect((await latchkey(['rotate-master', '--yes'])).code).toBe(0);
    expect([operator.ids(MASTER), cloudflare.sent(MASTER)]).toEqual([[TODAY], operator.secrets()[MASTER]]);
  });

  test('wants to be told where the Desk is, or not to count', async () => {
    const { code, told } = await latchkey(['rotate-master', '--retire', 'test-1', '--yes'], {
      env: {},
    });
    expect([code, told]).toEqual([1, expect.stringContaining('put another in its place first')]);
    await latchkey(['rotate-master', '--yes', '--wait']);
    await operator.clock.wait(120_000);
    const lost = await latchkey(['rotate-master', '--retire', 'test-1', '--yes'], { env: {} });
    expect([lost.code, lost.told]).toEqual([2, expect.stringContaining('Or say --uncounted.')]);
    expect(operator.ids(MASTER)).toEqual([TODAY, 'test-1']);
  });
});

describe('latchkey rotate-assertion', () => {
  const order = () => cloudflare.calls.map(({ secrets }) => idsIn(secrets[ASSERTION] ?? ''));

  test('--leaked puts a new key alone, at once, and keeps the public half of the one that got out', async () => {
    const [leaked = ''] = operator.ids(ASSERTION);
    const done = await latchkey(['rotate-assertion', '--leaked', '--yes', '--json']);
    const { id, ...said } = JSON.parse(done.said);
    expect([done.code, said]).toEqual([0, { secret: ASSERTION, place: 'alone', next_at: null }]);
    expect(operator.ids(ASSERTION)).toEqual([id]);
    expect(id).not.toBe(leaked);
    expect(cloudflare.calls.map(({ secrets }) => idsIn(secrets[ASSERTION] ?? ''))).toEqual([[id]]);
    expect(operator.waited()).toBe(0);
    // The next one is a rotation like any other.
    expect((await latchkey(['rotate-assertion', '--yes'])).code).toBe(0);
    expect(operator.ids(ASSERTION)).toEqual([id, `${id}-2`]);
  });

  test('--leaked ends a rotation that was under way, and is not done without a yes', async () => {
    await latchkey(['rotate-assertion', '--yes']);
    const before = operator.ids(ASSERTION);
    expect([(await latchkey(['rotate-assertion', '--leaked'])).code, operator.ids(ASSERTION)]).toEqual([
      2,
      before,
    ]);
    expect((await latchkey(['rotate-assertion', '--leaked', '--yes'])).code).toBe(0);
    expect([operator.ids(ASSERTION).length, before.includes(operator.ids(ASSERTION)[0] ?? '')]).toEqual([
      1,
      false,
    ]);
    expect((await latchkey(['rotate-assertion', '--leaked', '--wait', '--yes'])).code).toBe(2);
  });

  test('publishes, signs, and leaves alone, each when it is safe', async () => {
    const id = TODAY;
    const one = await latchkey(['rotate-assertion', '--yes']);
    expect([one.code, one.said]).toEqual([0, expect.stringContaining('is published, and signs nothing')]);
    // 5 minutes of a cache, 10 of the origin's memory, 2 of isolates of before.
    await operator.clock.wait(17 * 60_000 - 1);
    const early = await latchkey(['rotate-assertion', '--yes']);
    expect([early.code, early.told, order().length]).toEqual([1, expect.stringContaining('Not before'), 1]);
    await operator.clock.wait(1);
    expect((await latchkey(['rotate-assertion', '--yes'])).code).toBe(0);
    // 1 minute of an assertion, 1 of clocks that differ, 2 of isolates of before.
    await operator.clock.wait(4 * 60_000 - 1);
    expect((await latchkey(['rotate-assertion', '--yes'])).code).toBe(1);
    await operator.clock.wait(1);
    const three = await latchkey(['rotate-assertion', '--yes', '--json']);
    expect(JSON.parse(three.said)).toEqual({ secret: ASSERTION, id, place: 'alone', next_at: null });
    expect(order()).toEqual([['test-1', id], [id, 'test-1'], [id]]);
    const [kept] = JSON.parse(operator.retired()[ASSERTION] ?? '');
    expect([kept.id, Object.keys(kept.key).sort()]).toEqual([
      'test-1',
      ['alg', 'crv', 'kid', 'kty', 'x', 'y'],
    ]);
  });

  test('--wait does all of it, and asks once', async () => {
    const yes = somebody(true);
    const { code } = await latchkey(['rotate-assertion', '--wait'], { person: yes });
    expect([code, yes.asked.length, order().length]).toEqual([0, 1, 3]);
    expect(operator.waited()).toBe(21 * 60_000);
  });

  test('does not sign with a key that the Desk does not publish', async () => {
    await latchkey(['rotate-assertion', '--yes']);
    isStale = true;
    await operator.clock.wait(3_600_000);
    const { code, told } = await latchkey(['rotate-assertion', '--yes']);
    expect([code, order().length]).toEqual([1, 1]);
    expect(told).toContain(`does not publish ${TODAY} (it publishes test-1)`);
    server.close();
    server.closeAllConnections();
    const silent = await latchkey(['rotate-assertion', '--yes']);
    expect([silent.code, silent.told]).toEqual([
      1,
      expect.stringContaining('Nobody can tell what origins know'),
    ]);
    expect(order()).toHaveLength(1);
  });

  test('of two keys that it did not put there, touches none', async () => {
    const two = [
      JSON.parse(operator.secrets()[ASSERTION] ?? '').keys[0],
      { ...first.keys[0], kid: 'test-2' },
    ];
    operator.write({ [ASSERTION]: JSON.stringify({ keys: two }) });
    const { code, told } = await latchkey(['rotate-assertion', '--yes']);
    expect([code, told]).toEqual([1, expect.stringContaining('test-1 and test-2 are both there')]);
    expect([operator.ids(ASSERTION), cloudflare.calls]).toEqual([['test-1', 'test-2'], []]);
  });
});

test.each([
  [['rotate-master', '--settle', 'soon'], '--settle is a number of seconds.'],
  [['rotate-master', 'now'], 'everything is said by options'],
  [['rotate-master', '--retire', 'a', '--losing', 'all'], '--losing is a number.'],
  [['rotate-assertion', 'now'], 'everything is said by options'],
  [['rotate-assertion', '--desk', 'ftp://keys'], '--desk must be https'],
])('%j ends with 2, and touches nothing', async (args, says) => {
  const { code, told } = await latchkey(args);
  expect([code, told]).toEqual([2, expect.stringContaining(says)]);
  expect([operator.ids(MASTER), operator.ids(ASSERTION), cloudflare.calls]).toEqual([
    ['test-1'],
    ['test-1'],
    [],
  ]);
});

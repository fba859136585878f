import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Ask, createAsk } from '../../../cli/probe/ask.ts';
import type { Place } from '../../../cli/probe/check.ts';
import { lineOf } from '../../../cli/probe/report.ts';
import { CHECKS, type Outcome, outcomeOf, probe } from '../../../cli/probe/run.ts';
import { issueKey, signIn } from '../../../demo/world.ts';
import { certificate } from '../../../emulator/certificate.ts';
import { type BreakingProxy, startBreakingProxy } from '../breaking-proxy.ts';
import { type OwnLatchkey, startLatchkey } from '../latchkey.ts';
import { FAULTS } from './probe-faults.ts';

const PATH = '/v1/items/1';
const RSA = {
  ...{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048 },
  publicExponent: Uint8Array.of(1, 0, 1),
};

let latchkey: OwnLatchkey;
let proxy: BreakingProxy;
let key: string;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-probe-'));
  latchkey = await startLatchkey();
  ({ key } = await issueKey(latchkey.world, await signIn(latchkey.world)));
  proxy = await startBreakingProxy(latchkey.world.places.port);
  writeFileSync(join(folder, 'key'), `${key}\n`, { mode: 0o600 });
});
afterAll(async () => {
  await Promise.all([proxy?.stop(), latchkey?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const options = {
  ...{ path: PATH, open: '/public/a', desk: null, origin: null, elsewhere: null },
  ...{ only: null, yes: false, json: false },
};

/** Through the proxy, with a key. */
const throughProxy = async (only: string, more: object = {}): Promise<readonly Outcome[]> => {
  const apis = [new URL(`http://127.0.0.1:${proxy.port}`)];
  const ran = await probe({ ...options, apis, key, only, ...more }, () => undefined);
  if (!ran.ok) throw new Error(ran.refusal);
  return ran.value;
};

/** The command, as an operator types it. */
const command = (
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ readonly exitCode: number | null; readonly out: string; readonly err: string }> => {
  const child = spawn(process.execPath, ['cli/index.ts', 'probe', ...args], {
    env: { ...process.env, NODE_OPTIONS: undefined, LATCHKEY_KEY: undefined, ...env },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece) => {
    out += piece;
  });
  child.stderr.on('data', (piece) => {
    err += piece;
  });
  return new Promise((ended) => child.once('close', (exitCode) => ended({ exitCode, out, err })));
};

describe('the command', () => {
  test('finds all in order at the Worker as npm run dev runs it, and shows the key nowhere', async () => {
    const { api, origin } = latchkey.world.places;
    const args = [api, '--key-file', join(folder, 'key'), '--open', '/public/a', '--origin', origin];
    const { exitCode, out, err } = await command(args);
    expect(out).toMatch(/^\d+ ok, 0 failed, 5 not made\.$/m);
    expect(out.match(/^not made \S+/gm)).toEqual(
      ['hosts.tls', 'hosts.elsewhere', 'tls.only', 'tls.strict', 'limits.strangers'].map(
        (id) => `not made ${id}`,
      ),
    );
    expect([exitCode, err]).toEqual([0, '']);
    expect(out).not.toContain(key.slice(-20));
  });

  test('finds a path and the Desk by itself, takes the key from the environment, and says in JSON what it found', async () => {
    const { exitCode, out } = await command([latchkey.world.places.api, '--json', '--only', 'desk'], {
      LATCHKEY_KEY: key,
    });
    const { summary, checks } = JSON.parse(out);
    expect([exitCode, summary]).toEqual([0, '6 ok, 0 failed, 0 not made.']);
    expect(checks[0]).toEqual({
      ...{ id: 'desk.metadata', api: latchkey.world.places.api, verdict: 'ok', row: 'OA-11, OA-12' },
      ...{ says: 'API and Desk name each other, and nobody else', wrong: [], advice: null, note: null },
    });
    expect(out).not.toContain(key.slice(-20));
  });

  test('without a key says what it did not look at, and ends well', async () => {
    const { exitCode, out } = await command([latchkey.world.places.api, '--only', 'headers']);
    expect(out.match(/^not made.*\(needs a key\)$/gm)).toHaveLength(2);
    expect(exitCode).toBe(0);
  });

  test('says what failed, what was sent, what came and what to do, and ends with 1', async () => {
    proxy.break({ request: (passing) => ({ ...passing, target: passing.target.replace(/%2f/gi, '/') }) });
    const { exitCode, out } = await command([
      `http://127.0.0.1:${proxy.port}`,
      '--only',
      'paths.encoded-separators',
    ]);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/^FAIL {5}paths\.encoded-separators/m);
    expect(out).toContain(`sent GET /v1%2fitems%2f1%2fa at http://127.0.0.1:${proxy.port}`);
    expect(out).toContain('came 401 credential_missing: was taken for another path; 400 is right');
    expect(out).toContain('SECURITY.md PATH-01. Somebody before the Worker decodes or cleans paths');
    expect(out).toMatch(/^0 ok, 1 failed, 0 not made\.$/m);
  });

  test.each([
    [[], 'Say where the API is'],
    [['api.acme.com'], 'The API is https://'],
    [['https://api.acme.com/v1'], 'The API is https://'],
    [['http://127.0.0.1:1', '--nothing'], "Unknown option '--nothing'"],
    [['http://127.0.0.1:1', '--path', 'v1'], '--path and --open are plain paths'],
    [['http://127.0.0.1:1', '--origin', 'nowhere'], '--desk, --origin and --elsewhere are https://'],
    [['http://127.0.0.1:1', '--key-file', '/nowhere/at/all'], 'cannot be read (ENOENT)'],
    [['http://127.0.0.1:1', '--only', 'nothing'], 'There is no check nothing.'],
    [['http://127.0.0.1:1'], 'http://127.0.0.1:1 does not answer: the connection failed (ECONNREFUSED).'],
  ])('called with %j, ends with 2 and says why', async (args, why) => {
    const { exitCode, out, err } = await command(args);
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(why);
  });

  test('sends no key without TLS to another machine', async () => {
    const { exitCode, err } = await command(['http://api.acme.invalid'], { LATCHKEY_KEY: key });
    expect([exitCode, err]).toEqual([
      2,
      expect.stringContaining('A key goes over TLS, or to this machine, alone.'),
    ]);
    expect(err).not.toContain(key.slice(-20));
  });

  test('with --help says what it takes', async () => {
    const { exitCode, out } = await command(['--help']);
    expect([exitCode, out]).toEqual([0, expect.stringContaining('--key-file')]);
  });

  test('names a path that asks for no credential, or that there is none', async () => {
    const { api } = latchkey.world.places;
    const { exitCode, err } = await command([api, '--path', '/public/a']);
    expect([exitCode, err]).toEqual([
      2,
      expect.stringContaining('not 401: name one that asks for a credential.'),
    ]);
  });
});

describe('what somebody before Latchkey breaks is seen', () => {
  test.each(FAULTS)('who %s fails %s, which was ok before', async (_, id, fault) => {
    proxy.break({});
    const more = { yes: true };
    expect((await throughProxy(id, more)).map(({ verdict }) => verdict)).toEqual(['ok']);
    proxy.break(fault());
    const [outcome] = await throughProxy(id, more);
    proxy.break({});
    expect(outcome).toMatchObject({ id, verdict: 'FAIL', advice: expect.stringMatching(/\w+.*\.$/) });
    expect(outcome?.wrong.length).toBeGreaterThan(0);
    const said = outcome === undefined ? '' : lineOf(outcome);
    expect(said).toContain(`SECURITY.md ${outcome?.row}. ${outcome?.advice}`);
    expect(said).not.toContain(key.slice(-20));
  });
});

/** What each URL answers, where no Latchkey can be had that answers so. */
const answering =
  (
    said: (url: string, sent: string) => readonly [status: number | null, ...(readonly [string, string])[]],
  ): Ask =>
  async (door, { target, host = door.host, serverName = door.hostname }) => {
    const [status, ...headers] = said(`${door.protocol}//${host}${target}`, serverName);
    const all = (name: string) => headers.flatMap(([other, value]) => (other === name ? [value] : []));
    const header = (name: string) => all(name)[0] ?? null;
    return {
      sent: target,
      came: `${status}`,
      status,
      text: '',
      json: null,
      code: status === 401 || status === 421 ? 'x' : null,
      all,
      header,
    };
  };

const overTls = (ask: Ask, more: Partial<Place> = {}): Place => ({
  ...{
    ask,
    api: new URL('https://api.acme.test'),
    desk: new URL('https://keys.acme.test'),
    path: PATH,
    open: null,
  },
  ...{ origin: null, elsewhere: null, hasKey: false, mayAskMuch: false, ...more },
});

const verdictOf = async (id: string, place: Place): Promise<string> => {
  const check = CHECKS.find((one) => one.id === id);
  if (check === undefined) throw new Error(`there is no check ${id}`);
  return (await outcomeOf(check, place)).verdict;
};

describe('over TLS', () => {
  const right = answering((url) => (url.startsWith('https://api.acme.test/') ? [401] : [421]));

  test('hosts.tls fails where the name that TLS was asked for decides, or no name does', async () => {
    expect(await verdictOf('hosts.tls', overTls(right))).toBe('ok');
    const desk = answering((_, serverName) => (serverName === 'keys.acme.test' ? [200] : [421]));
    expect(await verdictOf('hosts.tls', overTls(desk))).toBe('FAIL');
    expect(await verdictOf('hosts.tls', overTls(answering(() => [401])))).toBe('FAIL');
  });

  test('tls.only fails where something is served without TLS, or leads elsewhere', async () => {
    const led = answering((url) => [301, ['location', url.replace('http:', 'https:')]]);
    expect(await verdictOf('tls.only', overTls(led))).toBe('ok');
    expect(await verdictOf('tls.only', overTls(answering(() => [null])))).toBe('ok');
    expect(await verdictOf('tls.only', overTls(answering(() => [401])))).toBe('FAIL');
    const away = answering(() => [301, ['location', 'https://elsewhere.invalid/']]);
    expect(await verdictOf('tls.only', overTls(away))).toBe('FAIL');
  });

  test('tls.strict fails where the pages are not for TLS alone, or not for long', async () => {
    const strict = (value: string) => answering(() => [200, ['strict-transport-security', value]]);
    expect(await verdictOf('tls.strict', overTls(strict('max-age=63072000')))).toBe('ok');
    expect(await verdictOf('tls.strict', overTls(strict('max-age=60')))).toBe('FAIL');
    expect(await verdictOf('tls.strict', overTls(answering(() => [200])))).toBe('FAIL');
  });
});

test('asks over TLS, and believes no certificate that nobody vouches for', async () => {
  proxy.break({});
  const pair = (await crypto.subtle.generateKey(RSA, true, ['sign', 'verify'])) as CryptoKeyPair;
  const pem = (label: string, der: ArrayBuffer | Uint8Array) =>
    `-----BEGIN ${label}-----\n${Buffer.from(der as Uint8Array).toString('base64')}\n-----END ${label}-----\n`;
  const cert = pem('CERTIFICATE', await certificate(pair, 'localhost', Date.now() - 60_000));
  const secret = pem('PRIVATE KEY', (await crypto.subtle.exportKey('pkcs8', pair.privateKey)) as ArrayBuffer);
  const server = createTlsServer({ cert, key: secret }, (near) => {
    const { port: own } = server.address() as AddressInfo;
    const far = connect(proxy.port, '127.0.0.1');
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    near.on('data', (bytes) =>
      far.write(bytes.toString('latin1').replaceAll(`localhost:${own}`, `127.0.0.1:${proxy.port}`), 'latin1'),
    );
    far.pipe(near);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const args = [
    `https://localhost:${(server.address() as AddressInfo).port}`,
    '--path',
    PATH,
    '--only',
    'paths',
  ];
  writeFileSync(join(folder, 'ca.pem'), cert);
  const vouched = await command(args, { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') });
  const unknown = await command(args);
  server.close();
  expect(vouched.out).toMatch(/^9 ok, 0 failed, 0 not made\.$/m);
  expect([vouched.exitCode, vouched.err]).toEqual([0, '']);
  expect([unknown.exitCode, unknown.err]).toEqual([
    2,
    expect.stringMatching(/does not answer: .*SELF_SIGNED/),
  ]);
});

describe('other addresses', () => {
  const careless = createServer((_, response) => response.end('served'));
  let url: URL;
  beforeAll(async () => {
    await once(careless.listen(0, '127.0.0.1'), 'listening');
    url = new URL(`http://127.0.0.1:${(careless.address() as AddressInfo).port}`);
  });
  afterAll(() => careless.close());

  test('hosts.elsewhere fails where another address of the Worker serves, and not where nobody is', async () => {
    expect((await throughProxy('hosts.elsewhere', { elsewhere: url }))[0]?.verdict).toBe('FAIL');
    const { api } = latchkey.world.places;
    expect((await throughProxy('hosts.elsewhere', { elsewhere: new URL(api) }))[0]?.verdict).toBe('FAIL');
    expect(
      (await throughProxy('hosts.elsewhere', { elsewhere: new URL('http://127.0.0.1:1') }))[0]?.verdict,
    ).toBe('ok');
  });

  test('origin.closed fails where an origin believes whoever comes', async () => {
    expect((await throughProxy('origin.closed', { origin: url }))[0]?.verdict).toBe('FAIL');
    const { origin } = latchkey.world.places;
    expect((await throughProxy('origin.closed', { origin: new URL(origin) }))[0]?.verdict).toBe('ok');
  });

  test('origin.closed says nothing of an origin that has no such path', async () => {
    const empty = createServer((_, response) => response.writeHead(404).end());
    await once(empty.listen(0, '127.0.0.1'), 'listening');
    const origin = new URL(`http://127.0.0.1:${(empty.address() as AddressInfo).port}`);
    const [outcome] = await throughProxy('origin.closed', { origin });
    empty.close();
    expect(outcome).toMatchObject({ verdict: 'not made', note: 'the origin has no such path: 404' });
  });
});

test('a key goes to the API hosts that were named, under their own names, and nowhere else', async () => {
  const api = new URL('http://127.0.0.1:1');
  const ask = createAsk(key, [api]);
  for (const [door, host] of [
    [new URL('http://127.0.0.1:2'), undefined],
    [new URL('http://localhost:1'), undefined],
    [api, 'elsewhere.invalid'],
  ] as const)
    await expect(
      ask(door, { target: '/', withKey: true, ...(host === undefined ? {} : { host }) }),
    ).rejects.toThrow('a key goes to an API host alone');
});

test('a key that is not let in at the path shows nothing, and that is said', async () => {
  proxy.break({});
  for (const group of ['caches.answers', 'headers'])
    for (const { verdict, note } of await throughProxy(group, { path: '/v1/payouts/1' }))
      expect([verdict, note]).toEqual([
        'not made',
        'the key is not let in at --path: 403 insufficient_scope',
      ]);
});

test('every check is seen to fail here', () => {
  const others = ['hosts.tls', 'tls.only', 'tls.strict', 'hosts.elsewhere', 'origin.closed'];
  expect(new Set([...FAULTS.map(([, id]) => id), ...others])).toEqual(new Set(CHECKS.map(({ id }) => id)));
});

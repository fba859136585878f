import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

/** What the Desk of a test answers: a status, a code for a problem, how long to wait. */
interface Reply {
  readonly status: number;
  readonly code?: string;
  readonly retryAfter?: number;
  readonly location?: string;
  /** Answered when it is over. */
  readonly after?: Promise<void>;
}

interface Asked {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, string>>;
}

const IMPORTED: Reply = { status: 201 };
const ALREADY: Reply = { status: 200 };
const SECRET = 'planted-secret-of-a-client';

let asked: Asked[] = [];
let tokenForms: string[] = [];
let replies = new Map<string, Reply[]>();
let tokens: string[] = [];
let goodTokens = new Set(['good-token']);
let folder: string;
let desk: string;

/** Speaks as the Desk does, and as Stytch's token endpoint. Without a reply of its own, a client is imported. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on(
    'end',
    () => void answer(request.url ?? '', request.headers, Buffer.concat(chunks).toString(), response),
  );
});

const answer = async (path: string, headers: IncomingHttpHeaders, text: string, response: ServerResponse) => {
  if (path === '/token') {
    tokenForms.push(text);
    const access_token = tokens.shift();
    response.writeHead(access_token === undefined ? 401 : 200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify(
        access_token === undefined ? { error: 'invalid_client' } : { access_token, expires_in: 3600 },
      ),
    );
    return;
  }
  const body = JSON.parse(text) as Record<string, string>;
  asked.push({ path, headers, body });
  const isGood = goodTokens.has(headers.authorization?.replace('Bearer ', '') ?? '');
  const reply: Reply = isGood
    ? (replies.get(body.client_id ?? '')?.shift() ?? IMPORTED)
    : { status: 401, code: 'invalid_token' };
  await reply.after;
  response.writeHead(reply.status, {
    ...{ 'content-type': 'application/problem+json', 'x-request-id': `request-${asked.length}` },
    ...(reply.retryAfter === undefined ? {} : { 'retry-after': String(reply.retryAfter) }),
    ...(reply.location === undefined ? {} : { location: reply.location }),
  });
  response.end(JSON.stringify({ code: reply.code, detail: reply.code && `Because of ${reply.code}.` }));
};

beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  desk = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  asked = [];
  tokenForms = [];
  tokens = [];
  replies = new Map();
  goodTokens = new Set(['good-token']);
  folder = mkdtempSync(join(tmpdir(), 'latchkey-import-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const row = (clientId: string, more: object = {}) => ({
  ...{ client_id: clientId, client_secret: `${SECRET}-${clientId}`, user_id: 'user-test-1' },
  ...more,
});

const ndjson = (...rows: readonly object[]): string =>
  write('clients.ndjson', rows.map((each) => `${JSON.stringify(each)}\n`).join(''));

/** The command with these arguments, as it is while it runs and when it has ended. Nothing that it says has a secret in it. */
const start = (
  args: readonly string[],
  env: Record<string, string> = { LATCHKEY_OPERATOR_TOKEN: 'good-token' },
) => {
  const child = spawn(process.execPath, ['cli/index.ts', 'keys', 'import', ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((done) =>
    child.once('close', (code) => {
      for (const hidden of ['planted', 'good-token', 'other-token']) {
        expect(stdout).not.toContain(hidden);
        expect(stderr).not.toContain(hidden);
      }
      done({ code, stdout, stderr });
    }),
  );
  return { child, ended, said: () => stderr };
};

const run = (args: readonly string[], env?: Record<string, string>) => start(args, env).ended;

const report = () => {
  const text = readFileSync(join(folder, 'report.ndjson'), 'utf8');
  expect(text).not.toContain('planted');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
};
const withReport = () => ['--report', join(folder, 'report.ndjson')];

describe('latchkey keys import', () => {
  test('imports each row for its user, with its name, and says what became of it', async () => {
    replies.set('b', [ALREADY]);
    replies.set('c', [{ status: 403, code: 'client_not_proven' }]);
    const file = ndjson(row('a', { name: 'Billing' }), row('b', { user_id: 'member-test-2' }), row('c'));
    const { code, stdout } = await run([
      '--file',
      file,
      '--desk',
      desk,
      ...withReport(),
      '--concurrency',
      '1',
    ]);
    expect([code, stdout]).toEqual([
      1,
      '1 imported, 1 imported before, 1 refused, 0 failed, 0 done before, 0 left.\n',
    ]);
    expect(asked.map(({ path, body }) => [path, body])).toEqual([
      [
        '/v1/users/user-test-1/keys/import',
        { client_id: 'a', client_secret: `${SECRET}-a`, name: 'Billing' },
      ],
      ['/v1/users/member-test-2/keys/import', { client_id: 'b', client_secret: `${SECRET}-b` }],
      ['/v1/users/user-test-1/keys/import', { client_id: 'c', client_secret: `${SECRET}-c` }],
    ]);
    const none = { code: null, detail: null };
    expect(report()).toEqual([
      {
        line: 1,
        client_id: 'a',
        user_id: 'user-test-1',
        outcome: 'imported',
        ...none,
        request_id: 'request-1',
      },
      {
        line: 2,
        client_id: 'b',
        user_id: 'member-test-2',
        outcome: 'already',
        ...none,
        request_id: 'request-2',
      },
      {
        ...{ line: 3, client_id: 'c', user_id: 'user-test-1', outcome: 'refused', request_id: 'request-3' },
        ...{ code: 'client_not_proven', detail: 'Because of client_not_proven.' },
      },
    ]);
  });

  test('goes on from its report: what is done is passed over, what was refused is tried again', async () => {
    replies.set('b', [{ status: 409, code: 'client_owned' }]);
    const file = ndjson(row('a'), row('b'));
    const args = ['--file', file, '--desk', desk, ...withReport(), '--json'];
    const first = await run(args);
    expect([first.code, JSON.parse(first.stdout)]).toEqual([
      1,
      { imported: 1, already: 0, refused: 1, failed: 0, passed_over: 0, left: 0 },
    ]);
    // Whatever ended it, its last line may be cut short.
    writeFileSync(join(folder, 'report.ndjson'), '{"line":9,"client_i', { flag: 'a' });
    asked = [];
    const second = await run(args);
    expect([second.code, JSON.parse(second.stdout)]).toEqual([
      0,
      { imported: 1, already: 0, refused: 0, failed: 0, passed_over: 1, left: 0 },
    ]);
    expect(asked.map(({ body }) => body.client_id)).toEqual(['b']);
    const last = readFileSync(join(folder, 'report.ndjson'), 'utf8').trimEnd().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({ client_id: 'b', outcome: 'imported' });
    asked = [];
    expect((await run(args)).code).toBe(0);
    expect(asked).toEqual([]);
  });

  test('comes back when it is told to, each time under the same Idempotency-Key, which no other row has', async () => {
    replies.set('a', [
      { status: 429, code: 'too_many_attempts', retryAfter: 0 },
      { status: 503, code: 'unavailable', retryAfter: 0 },
      { status: 409, code: 'conflict', retryAfter: 0 },
      { status: 409, code: 'idempotency_key_in_use', retryAfter: 0 },
      { status: 502, retryAfter: 0 },
    ]);
    const { code } = await run(['--file', ndjson(row('a'), row('b')), '--desk', desk]);
    expect(code).toBe(0);
    const keysOf = (id: string) =>
      asked.filter(({ body }) => body.client_id === id).map(({ headers }) => headers['idempotency-key']);
    expect([keysOf('a').length, new Set(keysOf('a')).size, keysOf('b').length]).toEqual([6, 1, 1]);
    expect(keysOf('a')[0]).toMatch(/^import-[A-Za-z0-9_-]{43}$/);
    expect(keysOf('b')[0]).not.toBe(keysOf('a')[0]);
  });

  test('leaves what never comes to an answer for the next run', async () => {
    replies.set(
      'a',
      Array.from({ length: 20 }, () => ({ status: 503, code: 'unavailable', retryAfter: 0 })),
    );
    const { code } = await run(['--file', ndjson(row('a')), '--desk', desk, ...withReport()]);
    expect([code, asked.length]).toEqual([1, 8]);
    expect(report()).toMatchObject([{ outcome: 'failed', code: 'unavailable' }]);
  });

  test('asks without a key what a row comes to that was imported with another secret', async () => {
    replies.set('a', [{ status: 422, code: 'idempotency_key_reused' }, ALREADY]);
    const { code } = await run(['--file', ndjson(row('a')), '--desk', desk, ...withReport()]);
    expect(code).toBe(0);
    expect(asked.map(({ headers }) => headers['idempotency-key'] === undefined)).toEqual([false, true]);
    expect(report()).toMatchObject([{ outcome: 'already' }]);
  });

  test('follows nobody elsewhere with a secret', async () => {
    replies.set('a', [{ status: 307, location: `${desk}/elsewhere` }]);
    const { code } = await run(['--file', ndjson(row('a')), '--desk', desk, ...withReport()]);
    expect([code, asked.length, report()]).toMatchObject([
      1,
      1,
      [{ outcome: 'refused', code: 'status_307' }],
    ]);
  });

  test('reads CSV as well, with quotes and in any order of columns', async () => {
    const file = write(
      'clients.csv',
      `name,user_id,client_id,client_secret\r\n"Acme, ""Inc""",user-test-1,a,"${SECRET},1"\r\n,user-test-2,b,${SECRET}2\r\n`,
    );
    expect((await run(['--file', file, '--desk', desk, '--concurrency', '1'])).code).toBe(0);
    expect(asked.map(({ path, body }) => [path.split('/')[3], body])).toEqual([
      ['user-test-1', { client_id: 'a', client_secret: `${SECRET},1`, name: 'Acme, "Inc"' }],
      ['user-test-2', { client_id: 'b', client_secret: `${SECRET}2` }],
    ]);
  });

  test('names the lines that it cannot read, repeats nothing of them, and imports the others', async () => {
    const file = write(
      'clients.ndjson',
      [
        JSON.stringify(row('a')),
        '',
        `{"client_id":"${SECRET}`,
        JSON.stringify(row('b', { user_id: 'planted-user' })),
        JSON.stringify(row('c', { scopes: ['planted'] })),
        JSON.stringify({ ...row('d'), client_secret: '' }),
        JSON.stringify(row('planted d')),
        '[]',
      ].join('\n'),
    );
    const { code } = await run(['--file', file, '--desk', desk, ...withReport()]);
    expect([code, asked.map(({ body }) => body.client_id)]).toEqual([1, ['a']]);
    expect(report().map(({ line, outcome, code: why }) => [line, outcome, why])).toEqual([
      ...[3, 4, 5, 6, 7, 8].map((line) => [line, 'refused', 'row_invalid']),
      [1, 'imported', null],
    ]);
  });

  test('a dry run sends nothing, needs no token, and says what it would do', async () => {
    const file = ndjson(row('a'), row('b'), { nothing: 1 });
    write(
      'report.ndjson',
      `${JSON.stringify({ client_id: 'a', user_id: 'user-test-1', outcome: 'already' })}\n`,
    );
    const { code, stdout } = await run(
      ['--file', file, '--desk', desk, '--dry-run', '--json', ...withReport()],
      {},
    );
    expect([code, JSON.parse(stdout), asked]).toEqual([
      1,
      { dry_run: true, to_import: 1, refused: 1, passed_over: 1 },
      [],
    ]);
    expect(report()).toHaveLength(1);
  });

  test('tells how far it is on stderr, and nothing but the summary on stdout', async () => {
    const { stdout, stderr } = await run(['--file', ndjson(row('a'), row('b')), '--desk', desk]);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(stderr).toContain('2 of 2: 2 imported, 0 imported before, 0 refused, 0 failed');
  });

  test('stopped, it brings to its end what it began, and begins nothing more', async () => {
    const gate = Promise.withResolvers<void>();
    replies.set('a', [{ ...IMPORTED, after: gate.promise }]);
    const args = ['--file', ndjson(row('a'), row('b'), row('c')), '--desk', desk, ...withReport()];
    const { child, ended, said } = start([...args, '--concurrency', '1', '--json']);
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(1);
    child.kill('SIGINT');
    await expect.poll(said, { timeout: 20_000 }).toContain('Stopping when what was begun is done.');
    gate.resolve();
    const { code, stdout } = await ended;
    expect([code, JSON.parse(stdout)]).toEqual([
      1,
      { imported: 1, already: 0, refused: 0, failed: 0, passed_over: 0, left: 2 },
    ]);
    expect(report()).toMatchObject([{ client_id: 'a', outcome: 'imported' }]);
  });
});

describe('the operator’s token', () => {
  const many = () => ndjson(...Array.from({ length: 6 }, (_, i) => row(`client-${i}`)));

  test('is read from a file, and read again when it is not taken any more', async () => {
    const file = write('token', 'other-token\n');
    goodTokens = new Set(['other-token']);
    const gate = Promise.withResolvers<void>();
    replies.set('a', [{ ...IMPORTED, after: gate.promise }]);
    const { ended } = start(
      ['--file', ndjson(row('a'), row('b')), '--desk', desk, '--token-file', file, '--concurrency', '1'],
      {},
    );
    await expect.poll(() => asked.length, { timeout: 20_000 }).toBe(1);
    goodTokens = new Set(['good-token']);
    writeFileSync(file, 'good-token\n');
    gate.resolve();
    expect((await ended).code).toBe(0);
  });

  test('is fetched with the client’s secret, once for all rows, and anew when it is not taken any more', async () => {
    tokens = ['other-token', 'good-token'];
    const args = ['--file', many(), '--desk', desk, '--client-id', 'op', '--token-url', `${desk}/token`];
    const { code } = await run(args, { LATCHKEY_OPERATOR_SECRET: 'planted & secret' });
    expect([code, tokenForms]).toEqual([
      0,
      Array(2).fill('grant_type=client_credentials&client_id=op&client_secret=planted+%26+secret'),
    ]);
  });

  test.each([
    ['that is no good', 'bad-token', { status: 401 }],
    ['of no operator', 'good-token', { status: 403, code: 'insufficient_scope' }],
    ['of another kind', 'good-token', { status: 403, code: 'credential_kind_not_allowed' }],
  ])('%s ends it all, and no row is held against it', async (_, token, reply) => {
    for (let i = 0; i < 6; i++) replies.set(`client-${i}`, Array(3).fill(reply));
    const args = ['--file', many(), '--desk', desk, ...withReport(), '--concurrency', '1', '--json'];
    const { code, stdout, stderr } = await run(args, { LATCHKEY_OPERATOR_TOKEN: token });
    expect([code, JSON.parse(stdout).left, asked.length]).toEqual([2, 6, 1]);
    expect(stderr).toContain(`Not all was tried: the token is not taken: ${reply.status}`);
  });

  test('that Stytch does not give ends it all', async () => {
    const args = ['--file', many(), '--desk', desk, '--client-id', 'op', '--token-url', `${desk}/token`];
    const { code, stderr } = await run(args, { LATCHKEY_OPERATOR_SECRET: 'planted' });
    expect([code, asked]).toEqual([2, []]);
    expect(stderr).toContain('no operator’s token: 401 invalid_client'.replace('’', "'"));
  });
});

describe('called wrongly, it says so and sends nothing', () => {
  test.each<[string, (file: string) => readonly string[], string]>([
    ['without a file', () => ['--desk', desk], 'Say --file'],
    [
      'with more than a file',
      (file) => ['--file', file, '--desk', desk, 'planted'],
      'A word that is no option',
    ],
    ['without a Desk', (file) => ['--file', file], 'Say --desk, or set LATCHKEY_DESK.'],
    ['a Desk that is no URL', (file) => ['--file', file, '--desk', 'keys.acme.com'], '--desk must be https'],
    [
      'a Desk without TLS',
      (file) => ['--file', file, '--desk', 'http://keys.acme.com'],
      '--desk must be https',
    ],
    ['a Desk with a path', (file) => ['--file', file, '--desk', `${desk}/v1`], '--desk must be https'],
    [
      'a Desk with a password',
      (file) => ['--file', file, '--desk', 'https://u:p@keys.acme.com'],
      '--desk must be https',
    ],
    ['a token on the command line', (file) => ['--file', file, '--desk', desk, '--token', 'x'], "'--token'"],
    ['too many at once', (file) => ['--file', file, '--desk', desk, '--concurrency', '33'], 'from 1 to 32'],
    ['none at once', (file) => ['--file', file, '--desk', desk, '--concurrency', '0'], 'from 1 to 32'],
    [
      'a client without its secret',
      (file) => ['--file', file, '--desk', desk, '--client-id', 'op'],
      '--client-id needs',
    ],
    [
      'a file that is not there',
      (file) => ['--file', `${file}.x`, '--desk', desk],
      'cannot be read (ENOENT)',
    ],
    ['an empty CSV', () => ['--file', write('a.csv', ''), '--desk', desk], 'is no CSV, or is empty'],
    [
      'a CSV without a column',
      () => ['--file', write('a.csv', 'client_id,user_id\n'), '--desk', desk],
      'has no column client_secret',
    ],
    [
      'a CSV with another column',
      () => ['--file', write('a.csv', 'client_id,client_secret,user_id,planted\n'), '--desk', desk],
      'must have the columns',
    ],
    [
      'a CSV with a quote that stays open',
      () => ['--file', write('a.csv', 'client_id,"client_secret\n'), '--desk', desk],
      'is no CSV',
    ],
  ])('%s', async (_, args, says) => {
    const { code, stdout, stderr } = await run(args(ndjson(row('a'))));
    expect([code, stdout, asked]).toEqual([2, '', []]);
    expect(stderr).toContain(says);
  });

  test('without a token', async () => {
    const { code, stderr } = await run(['--file', ndjson(row('a')), '--desk', desk], {});
    expect([code, asked]).toEqual([2, []]);
    expect(stderr).toContain('Say --token-file or --client-id, or set LATCHKEY_OPERATOR_TOKEN.');
  });

  test('asked for help, it gives it', async () => {
    const { code, stdout } = await run(['--help'], {});
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('npm run latchkey -- keys import --file CLIENTS --desk URL'),
    ]);
  });
});

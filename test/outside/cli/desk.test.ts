import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { callLatchkey } from './recorder.ts';

/** What a Desk answers once: a status, a code for a problem, how long to wait, where to go; or nothing at all. */
interface Reply {
  readonly status: number;
  readonly code?: string;
  readonly retryAfter?: string;
  readonly location?: string;
  readonly breaksOff?: boolean;
  readonly body?: object;
}

interface Asked {
  readonly url: string | undefined;
  readonly method: string | undefined;
  readonly token: string | undefined;
  readonly idempotencyKey: unknown;
}

let replies: Reply[] = [];
let asked: Asked[] = [];
let goodToken = '';
let folder: string;
let server: Server;
let desk: string;

beforeEach(async () => {
  [replies, asked, goodToken] = [[], [], 'good-token'];
  folder = mkdtempSync(join(tmpdir(), 'latchkey-desk-'));
  server = createServer(({ method, url, headers }, response) => {
    const token = headers.authorization?.replace('Bearer ', '');
    asked.push({ method, url, token, idempotencyKey: headers['idempotency-key'] });
    const reply: Reply =
      token === goodToken ? (replies.shift() ?? { status: 200 }) : { status: 401, code: 'invalid_token' };
    if (reply.breaksOff) return void response.destroy();
    response.writeHead(reply.status, {
      ...{ 'content-type': 'application/json', 'x-request-id': 'request-1' },
      ...(reply.retryAfter === undefined ? {} : { 'retry-after': reply.retryAfter }),
      ...(reply.location === undefined ? {} : { location: reply.location }),
    });
    const { code, body = { data: [], next_cursor: null } } = reply;
    response.end(JSON.stringify(code === undefined ? body : { code, detail: 'No.' }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  desk = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const list = (
  args: readonly string[] = [],
  env: Record<string, string> = { LATCHKEY_OPERATOR_TOKEN: 'good-token' },
) => callLatchkey(['keys', 'list', '--user', 'user-test-1', '--desk', desk, ...args], { env });

test('comes back when it is told to, and no sooner and no oftener than that', async () => {
  replies = [
    { status: 429, code: 'too_many_attempts', retryAfter: '0' },
    { status: 503, code: 'unavailable', retryAfter: '0' },
  ];
  const { code, said, told } = await list();
  expect([code, said, asked.length]).toEqual([0, 'No keys.', 3]);
  expect(told).toBe(
    'No. (too_many_attempts, request id request-1) Asking again in 0 s.\nNo. (unavailable, request id request-1) Asking again in 0 s.',
  );
  replies = Array(20).fill({ status: 503, code: 'unavailable', retryAfter: '0' });
  asked = [];
  expect([(await list()).code, asked.length]).toEqual([1, 6]);
});

test.each([
  ['a refusal', { status: 404, code: 'not_found' }],
  ['a 503 that does not say when', { status: 503, code: 'unavailable' }],
  ['a 503 that says it in no way that is known', { status: 503, code: 'unavailable', retryAfter: 'soon' }],
  ['a 500', { status: 500, code: 'internal', retryAfter: '0' }],
])('%s is the end of it', async (_, reply) => {
  replies = [reply];
  const { code, told } = await list();
  expect([code, told, asked.length]).toEqual([1, `No. (${reply.code}, request id request-1)`, 1]);
});

test('a token that is not taken any more is read again from its file, once', async () => {
  const file = join(folder, 'token');
  writeFileSync(file, 'good-token\n');
  server.prependOnceListener('request', () => {
    goodToken = 'other-token';
    writeFileSync(file, 'other-token\n');
  });
  expect((await list(['--token-file', file], {})).code).toBe(0);
  expect(asked.map(({ token }) => token)).toEqual(['good-token', 'other-token']);
  goodToken = 'nobody has it';
  asked = [];
  const { code, told } = await list(['--token-file', file], {});
  expect([code, told, asked.length]).toEqual([1, 'No. (invalid_token, request id request-1)', 1]);
});

test('without a token nobody is asked', async () => {
  const gone = join(folder, 'gone');
  const { code, told } = await list(['--token-file', gone], {});
  expect([code, told, asked]).toEqual([1, `${gone}: cannot be read (ENOENT) (no_token)`, []]);
});

test('a token follows nobody elsewhere', async () => {
  replies = [{ status: 307, code: 'elsewhere', location: `${desk}/elsewhere` }];
  expect([(await list()).code, asked.length]).toEqual([1, 1]);
});

test('where a new key may have been made and nobody heard of it, a repeat under the same name is advised', async () => {
  replies = [{ status: 201, breaksOff: true }];
  const { code, said, told } = await callLatchkey(
    ['keys', 'issue', '--user', 'user-test-1', '--name', 'n', '--scope', 's', '--desk', desk],
    { env: { LATCHKEY_OPERATOR_TOKEN: 'good-token' } },
  );
  const [first] = asked;
  expect([code, said, asked.length]).toEqual([1, '', 1]);
  expect(told).toContain(`a repeat with --idempotency-key ${String(first?.idempotencyKey)} tells.`);
  expect(told).toContain('does not answer');
});

test.each([
  ['keys', ['keys', 'list'], '/v1/users/user-test-1/keys', 'keys'],
  ['the trail', ['audit', 'list'], '/v1/users/user-test-1/audit', 'rows'],
])(
  '%s are listed to their last page, each page from where the one before ended',
  async (_, args, path, what) => {
    const page = (next: string | null, ...ids: readonly number[]) => ({
      ...{ status: 200, body: { data: ids.map((id) => ({ id })), next_cursor: next } },
    });
    replies = [page('second', 1, 2), page('third'), page(null, 3)];
    const { code, said, told } = await callLatchkey(
      [...args, '--user', 'user-test-1', '--desk', desk, '--json'],
      { env: { LATCHKEY_OPERATOR_TOKEN: 'good-token' } },
    );
    expect([code, JSON.parse(said)]).toEqual([0, { data: [{ id: 1 }, { id: 2 }, { id: 3 }] }]);
    expect(told).toBe(`2 ${what} so far.\n2 ${what} so far.`);
    const urls = asked.map(({ url }) => new URL(url ?? '', desk));
    expect(urls.map(({ pathname }) => pathname)).toEqual([path, path, path]);
    expect(urls.map(({ searchParams }) => searchParams.get('cursor'))).toEqual([null, 'second', 'third']);
  },
);

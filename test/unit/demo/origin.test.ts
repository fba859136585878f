import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type BoundRequest, createSigner, type Signer } from '../../../src/gate/forward/assertion.ts';
import { identityHeaders } from '../../../src/gate/forward/headers.ts';

const PROGRAM = fileURLToPath(import.meta.resolve('../../../demo/origin.ts'));
const KEY = {
  auth: 'api_key',
  userId: 'user-test-1',
  organizationId: null,
  clientId: 'acme_test_k1',
  scopes: ['items:read'],
} as const;

let signer: Signer;
let jwks: Server;
let origin: ChildProcess;
let url: string;
const lines: string[] = [];

beforeAll(async () => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  jwks = createServer((_request, response) => response.end(JSON.stringify(signer.publicJwks)));
  await once(jwks.listen(0, '127.0.0.1'), 'listening');
  const issuer = `http://127.0.0.1:${(jwks.address() as AddressInfo).port}`;
  const keys = [{ ...(await exportJWK(privateKey)), kid: 'key-1' }];
  signer = createSigner({ jwks: { keys }, issuer, audience: 'acme-api', random: () => crypto.randomUUID() });
  const flags = [
    '--port',
    '0',
    '--jwks',
    `${issuer}/jwks.json`,
    '--issuer',
    issuer,
    '--audience',
    'acme-api',
  ];
  origin = spawn(process.execPath, [PROGRAM, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (origin.stdout === null) throw new Error('the origin has no output');
  const output = createInterface(origin.stdout);
  const [greeting] = (await once(output, 'line')) as [string];
  output.on('line', (line) => lines.push(line));
  url = greeting.replace(/^.* on /, '');
});

afterAll(() => {
  origin.kill('SIGKILL');
  jwks.close();
});

/** The headers that the edge sends with a request of KEY. */
const edge = async (request?: BoundRequest): Promise<Record<string, string>> =>
  Object.fromEntries(identityHeaders(KEY, 'X-Latchkey', await signer.sign(KEY, Date.now(), request)));

it('what did not come through the edge is 401', async () => {
  const answer = await fetch(`${url}/v1/items`, { headers: { 'X-Latchkey-User-Id': 'user-test-1' } });
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ code: 'assertion_required' });
});

it('two user headers on the wire are refused', async () => {
  const headers = Object.entries({ ...(await edge()), Host: 'origin', Connection: 'close' });
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const wire = [...headers, ['X-Latchkey-User-Id', 'user-test-2']].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.write(`GET / HTTP/1.1\r\n${wire.join('')}\r\n`);
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 401 /);
});

it('it says what it saw, without what could be replayed', async () => {
  const headers = await edge();
  const seen = (await (await fetch(`${url}/v1/items?page=2`, { headers })).json()) as {
    headers: [string, string][];
  };
  expect(seen).toMatchObject({ method: 'GET', path: '/v1/items?page=2', you: KEY });
  expect(new Map(seen.headers).get('X-Latchkey-Assertion')).toMatch(/\.\(signature\)$/);
  expect(JSON.stringify(seen)).not.toContain(headers['X-Latchkey-Assertion']?.split('.')[2]);
  const admitted = expect.stringMatching(/^200 GET \/v1\/items api_key user-test-1 \d+ms$/);
  await vi.waitFor(() => expect(lines.filter((line) => line.startsWith('200'))).toEqual([admitted]));
  // Of each that was refused, why besides.
  expect(lines).toContainEqual(expect.stringMatching(/^GET \/v1\/items assertion_missing/));
});

it('a body comes back as it was sent', async () => {
  const body = 'item '.repeat(100_000);
  const answer = await fetch(`${url}/v1/items`, { method: 'POST', headers: await edge(), body });
  expect(await answer.text()).toBe(body);
});

it('a payout needs an assertion for this very request, once', async () => {
  const request = { method: 'POST', url: `${url}/v1/payouts` };
  const headers = await edge(request);
  const pay = async (sent: Record<string, string>) =>
    (await fetch(request.url, { method: 'POST', headers: sent })).status;
  expect(await pay(await edge())).toBe(403);
  expect(await pay(headers)).toBe(200);
  expect(await pay(headers)).toBe(403);
});

it('told to stop, it finishes the stream that is open', async () => {
  const answer = await fetch(`${url}/v1/stream/2`, { headers: await edge() });
  const exit = once(origin, 'exit');
  origin.kill('SIGTERM');
  expect((await answer.text()).trim().split('\n')).toHaveLength(2);
  expect(await exit).toEqual([0, null]);
});

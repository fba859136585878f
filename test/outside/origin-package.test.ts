import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, tool } from '../../tools/check/project.ts';
import { edge, headersOf, KEY, makeKey } from '../unit/origin/setting.ts';

/** What `npm run build:origin` makes, packed, installed from the file without a network, and used as origins use it. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-package-'));
  const built = join(folder, 'built');
  execFileSync('npm', ['run', '-s', 'build:origin', '--', '--name', '@acme/origin', '--output', built], {
    cwd: ROOT,
  });
  const pack = (what: string): string =>
    JSON.parse(execFileSync('npm', ['pack', '--json', what], { cwd: folder, encoding: 'utf8' }))[0].filename;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const tarballs = [pack(built), pack(join(ROOT, 'node_modules/jose'))];
  execFileSync('npm', ['install', '--offline', '--no-audit', ...tarballs.map((name) => `./${name}`)], {
    cwd: folder,
    stdio: 'pipe',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Frameworks that the origin has anyway: the package must not bring them. */
const lend = (...names: readonly string[]): void => {
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true });
  for (const name of names) symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
};

const run = (script: string, input: object): unknown => {
  writeFileSync(join(folder, 'script.js'), script);
  const { stdout, stderr, status } = spawnSync(process.execPath, ['script.js'], {
    cwd: folder,
    encoding: 'utf8',
    input: JSON.stringify(input),
  });
  expect([status, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
};

describe('the package for origins', () => {
  test('brings jose and nothing else', () => {
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      '@acme',
      'jose',
    ]);
    const installed = JSON.parse(
      readFileSync(join(folder, 'node_modules/@acme/origin/package.json'), 'utf8'),
    );
    expect(Object.keys(installed.dependencies)).toEqual(['jose']);
    // Its sources are no part of it: Node strips no types in node_modules.
    expect(
      readdirSync(join(folder, 'node_modules/@acme/origin')).filter((name) => /(?<!\.d)\.ts$/.test(name)),
    ).toEqual([]);
  });

  test('is a guard in plain Node', async () => {
    const signer = edge([await makeKey('key-1')]);
    const headers = headersOf(await signer.sign(KEY, Date.now()));
    const answers = run(NODE_SCRIPT, {
      headers,
      options: { jwks: signer.publicJwks, issuer: 'https://keys.acme.com', audience: 'acme-api' },
    });
    const served = [200, KEY.userId];
    expect(answers).toEqual({ node: [served, [401, null]], web: [served, [401, null]] });
  });

  test('has types for each framework, as its users write', async () => {
    lend('hono', 'fastify', 'express', '@types/express', '@types/node');
    writeFileSync(join(folder, 'uses.ts'), USES);
    const options = '--noEmit --strict --module nodenext --target es2022 --types node --skipLibCheck false';
    expect(
      await tool('typescript', 'tsc', ...options.split(' '), '--ignoreConfig', join(folder, 'uses.ts')),
    ).toEqual({ code: 0, output: '' });
  });
});

const NODE_SCRIPT = `
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import '@acme/origin';
import '@acme/origin/express';
import '@acme/origin/fastify';
import '@acme/origin/hono';
import { latchkey } from '@acme/origin/node';
import { latchkey as web } from '@acme/origin/web';

const { options, headers } = JSON.parse(await text(process.stdin));
const server = createServer(latchkey(options).listener((_, response, you) => response.end(JSON.stringify(you.userId))));
await once(server.listen(0, '127.0.0.1'), 'listening');
const url = 'http://127.0.0.1:' + server.address().port;
const told = async (answer) => [answer.status, answer.status === 200 ? await answer.json() : null];
const get = async (headers) => told(await fetch(url, { headers }));
const handle = web(options).handler((_, you) => Response.json(you.userId));
const ask = async (headers) => told(await handle(new Request(url, { headers })));
console.log(JSON.stringify({ node: [await get(headers), await get({})], web: [await ask(headers), await ask({})] }));
server.closeAllConnections();
server.close();
`;

const USES = `
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { type Identity, isNewInMemory } from '@acme/origin';
import * as ofExpress from '@acme/origin/express';
import * as ofFastify from '@acme/origin/fastify';
import * as ofHono from '@acme/origin/hono';
import { latchkey as node } from '@acme/origin/node';
import { latchkey as web } from '@acme/origin/web';

const options = { jwksUrl: 'https://keys.acme.com/jwks', issuer: 'https://keys.acme.com', audience: 'acme-api', isNew: isNewInMemory() };

const app = express();
app.use(ofExpress.latchkey(options));
app.get('/', ofExpress.requireScopes('items:read'), (request, response) => {
  const you: Identity | undefined = request.latchkey;
  response.json(you);
});

const server = fastify();
await server.register(ofFastify.latchkey, options);
server.get('/', { preHandler: ofFastify.requireScopes('items:read') }, async (request) => {
  const you: Identity | null = request.latchkey;
  return you;
});

const hono = new Hono();
hono.use(ofHono.latchkey(options));
hono.get('/', ofHono.requireScopes('items:read'), (c) => {
  const you: Identity = c.get('latchkey');
  return c.json(you.userId);
});

const { handler } = web(options);
export const GET = handler(async (request: Request, you, { params }: { params: Promise<{ id: string }> }) =>
  Response.json([(await params).id, you.userId, request.url]), 'items:read');

node(options).listener((request, response, you) => response.end(you?.userId ?? request.url));
`;

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkAdvisories, known } from '../../../tools/check/advisories.ts';

const URL = 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc';
const PLANTED = { id: 1, url: URL, title: 'lets everybody in', severity: 'high', vulnerable_versions: '<99' };

let registry: Server | undefined;
/** npm remembers what it was told of a package: here it knows nothing yet. */
let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'latchkey-npm-'));
});
afterEach(() => {
  registry?.close();
  rmSync(cache, { recursive: true, force: true });
});

/** A registry that knows this of packages, or answers this status; as npm is told of one. */
const newRegistry = async (advisories: object, status = 200): Promise<Record<string, string>> => {
  const server = createServer((request, response) => {
    const isAsked = request.method === 'POST' && request.url === '/-/npm/v1/security/advisories/bulk';
    response.statusCode = isAsked ? status : 404;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(isAsked ? advisories : {}));
  });
  registry = server;
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ npm_config_registry: `http://127.0.0.1:${port}/`, npm_config_cache: cache },
    ...{ npm_config_fetch_retries: '0', ADVISORIES: '' },
  };
};

describe('npm audit', { timeout: 60_000 }, () => {
  test('finds what the registry knows of a package in our lock', async () => {
    expect(await checkAdvisories(await newRegistry({ hono: [PLANTED] }))).toEqual({
      ok: false,
      text: `hono <99: lets everybody in (high, ${URL})`,
    });
  });

  test('finds nothing where nothing is known', async () => {
    const outcome = await checkAdvisories(await newRegistry({}));
    expect(outcome).toEqual({ ok: true, summary: expect.stringMatching(/^\d+ packages$/) });
  });

  test('is not made where the registry does not tell, and names no host; where it is required, that fails', async () => {
    const silent = await newRegistry({}, 405);
    const outcome = await checkAdvisories(silent);
    expect(outcome).toEqual({ ok: true, summary: expect.stringMatching(/^not made: the registry .* 405 /) });
    expect(outcome.summary).not.toContain('127.0.0.1');
    expect(await checkAdvisories({ ...silent, ADVISORIES: 'required' })).toMatchObject({ ok: false });
  });
});

describe('an advisory', () => {
  const via = [{ name: 'a', title: 't', url: URL, severity: 'low', range: '<2' }, 'b'];

  test('that is accepted is no problem, and the list is not to outlive it', () => {
    expect(known({ vulnerabilities: { a: { via } } }, {})).toEqual([`a <2: t (low, ${URL})`]);
    expect(known({ vulnerabilities: { a: { via } } }, { [URL]: 'we do not call it' })).toEqual([]);
    expect(known({ vulnerabilities: {} }, { [URL]: 'we do not call it' })).toEqual([
      `${URL} is accepted, and nothing here has it any more`,
    ]);
  });
});

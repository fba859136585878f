import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { credentialsIn, runCli, startCli } from './command-line.ts';

/** What a server answers to a path; what is not scripted is 404. */
type Answers = Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>>;

const KEY = 'acme_test_1_whatNobodyMaySee';

let config: string;
let asked: { path: string; body: string; authorization: string | undefined }[];
const servers: Server[] = [];

beforeEach(() => {
  config = mkdtempSync(join(tmpdir(), 'acme-cli-'));
  asked = [];
});
afterEach(() => {
  for (const each of servers.splice(0)) {
    each.closeAllConnections();
    each.close();
  }
  rmSync(config, { recursive: true, force: true });
});

/** A server of ours, as an API, its authorization server, or both; its URL. */
const serve = async (answers: (url: string) => Answers): Promise<string> => {
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    asked.push({ path, body: await text(request), authorization: request.headers.authorization });
    const answer = answers(url)[path];
    if (answer === undefined) response.writeHead(404).end();
    else answer(response, request);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  servers.push(server);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return url;
};

const json =
  (body: object, status = 200) =>
  (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

const RESOURCE = '/.well-known/oauth-protected-resource';
const SERVER = '/.well-known/oauth-authorization-server';

/** All that a login needs, up to the token. */
const discovery = (url: string): Answers => ({
  [RESOURCE]: json({ resource: url, authorization_servers: [url] }),
  [SERVER]: json({
    ...{ issuer: url, token_endpoint: `${url}/token`, revocation_endpoint: `${url}/revoke` },
    ...{ device_authorization_endpoint: `${url}/device`, response_types_supported: [] },
  }),
  '/device': json({
    ...{ device_code: 'd', user_code: 'WDJB-MJHT', verification_uri: `${url}/device` },
    ...{ verification_uri_complete: `${url}/device?user_code=WDJB-MJHT`, expires_in: 600, interval: 1 },
  }),
});

const token = json({ access_token: KEY, token_type: 'Bearer', scope: 'items:read', key_id: 'acme_test_1' });

describe('a key that comes when nobody wants it any more', () => {
  test('after Ctrl-C: it is revoked, and not kept', async () => {
    const held = Promise.withResolvers<ServerResponse>();
    const url = await serve((own) => ({
      ...discovery(own),
      '/token': (response) => held.resolve(response),
      '/revoke': (response) => response.end(),
    }));
    const cli = startCli(config, 'login', '--api', url);
    const response = await held.promise;
    cli.interrupt();
    await cli.line(/^Ending/);
    token(response);
    expect([await cli.ended, cli.output()]).toEqual([130, expect.stringContaining('Ended.')]);
    expect(asked.at(-1)).toMatchObject({ path: '/revoke' });
    expect(Object.fromEntries(new URLSearchParams(asked.at(-1)?.body))).toEqual({
      ...{ token: KEY, client_id: 'acme-cli' },
    });
    expect(readdirSync(dirname(credentialsIn(config)))).toEqual([]);
    expect(cli.output()).not.toContain(KEY);
  });

  test('after Ctrl-C, and it cannot be revoked: its user is told which one lives', async () => {
    const held = Promise.withResolvers<ServerResponse>();
    const url = await serve((own) => ({
      ...discovery(own),
      '/token': (response) => held.resolve(response),
      '/revoke': json({ error: 'temporarily_unavailable' }, 503),
    }));
    const cli = startCli(config, 'login', '--api', url);
    const response = await held.promise;
    cli.interrupt();
    await cli.line(/^Ending/);
    token(response);
    expect(await cli.ended).toBe(130);
    expect(cli.output()).toMatch(
      /Its key acme_test_1 was made already, and lives until you revoke it: .*503/,
    );
    expect(cli.output()).not.toContain(KEY);
  });

  test('and has no place to be kept: it is revoked', async () => {
    const url = await serve((own) => ({
      ...discovery(own),
      '/token': (response) => {
        // Somebody puts a folder where the file would be.
        writeFileSync(join(dirname(credentialsIn(config)), 'x'), '');
        rmSync(dirname(credentialsIn(config)), { recursive: true });
        token(response);
      },
      '/revoke': (response) => response.end(),
    }));
    const cli = await runCli(config, 'login', '--api', url);
    expect(cli).toMatchObject({ exitCode: 1, output: expect.stringContaining('cannot be written (ENOENT)') });
    expect(asked.at(-1)).toMatchObject({ path: '/revoke', body: expect.stringContaining(KEY) });
    expect(cli.output).not.toContain(KEY);
  });

  test('and another login was first: it is revoked, and the other is kept', async () => {
    const both = Promise.withResolvers<void>();
    let begun = 0;
    const url = await serve((own) => ({
      ...discovery(own),
      '/token': async (response) => {
        begun += 1;
        const own = { access_token: `${KEY}${begun}`, token_type: 'Bearer', key_id: `acme_test_${begun}` };
        if (begun === 2) both.resolve();
        await both.promise;
        json(own)(response);
      },
      '/revoke': (response) => response.end(),
    }));
    const ended = await Promise.all([1, 2].map(() => runCli(config, 'login', '--api', url)));
    expect(ended.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1]);
    const late = ended.find(({ exitCode }) => exitCode === 1);
    expect(late?.output).toContain('cannot be written (EEXIST)');
    const { key } = JSON.parse(readFileSync(credentialsIn(config), 'utf8'));
    const revoked = asked
      .filter(({ path }) => path === '/revoke')
      .map(({ body }) => new URLSearchParams(body));
    expect(revoked.map((form) => form.get('token'))).toEqual(
      [`${KEY}1`, `${KEY}2`].filter((one) => one !== key),
    );
    expect(readdirSync(dirname(credentialsIn(config)))).toEqual(['credentials.json']);
  }, 60_000);

  test.each([
    ['no key_id', { access_token: KEY, token_type: 'Bearer' }],
    ['a key that is none', { access_token: `${KEY}\r\nx: y`, token_type: 'Bearer', key_id: 'acme_test_1' }],
  ])('and is not what was promised, %s: nothing is kept', async (_, body) => {
    const url = await serve((own) => ({ ...discovery(own), '/token': json(body) }));
    const cli = await runCli(config, 'login', '--api', url);
    expect(cli).toMatchObject({ exitCode: 1, output: expect.stringContaining('no key that could be kept') });
    expect(cli.output).not.toContain(KEY);
    expect(existsSync(credentialsIn(config))).toBe(false);
  });
});

describe('an API that leads astray', () => {
  const resource = (more: object) => (url: string) => ({
    ...discovery(url),
    [RESOURCE]: json({ resource: url, ...more }),
  });
  const server = (more: object) => (url: string) => ({
    ...discovery(url),
    [SERVER]: json({ issuer: url, token_endpoint: `${url}/token`, ...more }),
  });
  const elsewhere = (url: string): Answers => ({
    ...discovery(url),
    [RESOURCE]: (response) => response.writeHead(302, { location: `${url}/elsewhere` }).end(),
  });
  const NO_SERVER = 'names no authorization server that a key could come from';

  test.each<[string, answers: (url: string) => Answers, says: string]>([
    ['it is another resource', resource({ resource: 'https://api.acme.com' }), 'does not match'],
    ['it names no server', resource({}), NO_SERVER],
    ['its server has no TLS', resource({ authorization_servers: ['http://keys.evil.test'] }), NO_SERVER],
    [
      'its server has a password',
      resource({ authorization_servers: ['https://a:b@keys.evil.test'] }),
      NO_SERVER,
    ],
    ['its server is no URL', resource({ authorization_servers: ['keys'] }), NO_SERVER],
    ['its server says that it is another', server({ issuer: 'https://keys.acme.com' }), 'does not match'],
    ['its server has no device flow', server({}), 'lets no command line in by a code'],
    ['its metadata is elsewhere', elsewhere, 'unexpected HTTP status code'],
  ])('%s: nothing is begun', async (_, answers, says) => {
    const cli = await runCli(config, 'login', '--api', await serve(answers));
    expect(cli).toMatchObject({ exitCode: 1, output: expect.stringContaining(says) });
    for (const path of ['/device', '/elsewhere']) expect(asked.map((each) => each.path)).not.toContain(path);
    expect(existsSync(credentialsIn(config))).toBe(false);
  });

  test('a redirect is shown and not followed: the key does not go along', async () => {
    const elsewhere = await serve(() => ({ '/take': (response) => response.end() }));
    const url = await serve((own) => ({
      ...discovery(own),
      '/token': token,
      '/v1/items/1': (response) => response.writeHead(302, { location: `${elsewhere}/take` }).end(),
    }));
    expect(await runCli(config, 'login', '--api', url)).toMatchObject({ exitCode: 0 });
    for (const path of ['/v1/items/1', `//${new URL(elsewhere).host}/take`]) {
      const cli = await runCli(config, 'call', path);
      expect(cli.output).toMatch(/^(302 Found|404 Not Found)\n/);
    }
    const taken = asked.filter(({ path }) => path === '/take');
    expect(taken).toEqual([]);
    expect(JSON.parse(readFileSync(credentialsIn(config), 'utf8')).key).toBe(KEY);
  });
});

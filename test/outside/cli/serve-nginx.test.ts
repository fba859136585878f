import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freePort } from '../../../tools/dev/ports.ts';
import { missingPackages, whySkipped } from '../../packages.ts';
import { type SelfSigned, selfSigned } from '../self-signed.ts';
import { type Surroundings, surroundings } from './served.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../../examples/self-hosting/nginx.conf');
const [API, DESK] = ['api.acme.test', 'keys.acme.test'];

/** The example, with names, places and files of this machine; every other word is as people take it. */
const configuration = (tlsPort: number, latchkeyPort: number, { certificate, key }: SelfSigned): string =>
  readFileSync(EXAMPLE, 'utf8')
    .replace('listen 443 ssl', `listen 127.0.0.1:${tlsPort} ssl`)
    .replace(/listen \[::\]:443 ssl;/, '')
    .replace('api.acme.com keys.acme.com', `${API} ${DESK}`)
    .replaceAll('127.0.0.1:8787', `127.0.0.1:${latchkeyPort}`)
    .replace(/ssl_certificate \S+;/, `ssl_certificate ${certificate};`)
    .replace(/ssl_certificate_key \S+;/, `ssl_certificate_key ${key};`);

/** Runs nginx with a file of conf.d, in the foreground. */
const startNginx = (folder: string, inHttp: string) => {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  const path = join(folder, 'nginx.conf');
  writeFileSync(
    path,
    `daemon off; worker_processes 1; pid ${join(folder, 'nginx.pid')}; error_log stderr crit; events { }
     http { access_log off; ${temporary.join(' ')} ${inHttp} }`,
  );
  const child = spawn('/usr/sbin/nginx', ['-c', path, '-e', 'stderr'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = new Promise((done) => child.once('exit', done));
  return {
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
};

describe.skipIf(missingPackages('origins').length > 0)(
  `serve › behind the nginx of the example${whySkipped('origins')}`,
  () => {
    let around: Surroundings;
    let folder: string;
    let nginx: { readonly stop: () => Promise<void> };
    let ask: (path: string, more?: Question) => Promise<Answer>;

    beforeAll(async () => {
      around = await surroundings();
      folder = mkdtempSync(join(tmpdir(), 'latchkey-nginx-'));
      const [tls, port] = [selfSigned(folder, [API, DESK]), await freePort()];
      nginx = startNginx(folder, configuration(port, around.port, tls));
      const hosts = { API_HOSTS: API, DESK_HOST: DESK };
      await around.start({ args: ['--proxy', '127.0.0.1'], env: hosts }).serving();
      ask = asking(port, readFileSync(tls.certificate));
      const answers = async () => expect((await ask('/healthz', { host: DESK })).status).toBe(200);
      await vi.waitFor(answers, { timeout: 30_000, interval: 100 });
    });
    afterAll(async () => {
      await nginx.stop();
      await around.stop();
      rmSync(folder, { recursive: true });
    });

    test('the origin is told the true address and scheme, whatever the client says', async () => {
      around.origin.reset();
      const lies = {
        'CF-Connecting-IP': '6.6.6.6',
        'X-Forwarded-Proto': 'http',
        'X-Forwarded-For': '6.6.6.6',
      };
      expect((await ask('/public/1', { headers: lies })).status).toBe(200);
      const told = Object.fromEntries(
        (around.origin.records()[0]?.headers ?? []).map(([name, value]) => [name.toLowerCase(), value]),
      );
      expect(told).toMatchObject({
        ...{ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': API },
      });
    });

    test.each(['/public/../v1/items/1', '/public/%2e%2e/v1/items/1', '//public/1', '/public//1'])(
      'a path is judged as it was sent: %s',
      async (path) => {
        around.origin.reset();
        expect((await ask(path)).status).toBe(400);
        expect(around.origin.records()).toEqual([]);
      },
    );

    test('hosts are told apart, and the Desk knows itself by https', async () => {
      expect((await ask('/v1/items/1', { host: API })).status).toBe(401);
      const discovery = await ask('/.well-known/oauth-authorization-server', { host: DESK });
      expect(JSON.parse(discovery.body)).toMatchObject({ issuer: `https://${DESK}` });
      expect((await ask('/public/1', { host: 'other.acme.test' })).status).toBe(421);
    });
  },
);

interface Question {
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

const asking =
  (port: number, ca: Buffer) =>
  (path: string, { host = API, headers = {} }: Question = {}): Promise<Answer> =>
    new Promise((done, fail) => {
      const place = { host: '127.0.0.1', port, path, servername: API, ca, agent: false as const };
      const sent = request({ ...place, headers: { ...headers, Host: host } }, async (response) =>
        done({ status: response.statusCode ?? 0, body: await text(response) }),
      );
      sent.once('error', fail);
      sent.end();
    });

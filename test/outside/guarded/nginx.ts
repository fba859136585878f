import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../../tools/check/project.ts';
import { freePort } from '../../../tools/dev/ports.ts';
import { startPrograms } from '../origins/programs.ts';
import type { GuardedOrigin } from './origin.ts';

/** The example for nginx, with the places of a test in the place of its own, in front of an application that believes it. */
export const NGINX: GuardedOrigin = {
  name: 'nginx',
  start: async ({ jwksUrl, issuer, audience }) => {
    const application = await startApplication();
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-nginx-'));
    chmodSync(folder, 0o755); // nginx's children are nobody.
    cpSync(join(ROOT, 'examples/origins/nginx'), folder, { recursive: true });
    const [port, keys] = [await freePort(), await freePort()];
    rewrite(join(folder, 'nginx.conf'), {
      'listen 9000;': `listen 127.0.0.1:${port};`,
      '127.0.0.1:9001': `127.0.0.1:${keys}`,
      '127.0.0.1:9002': `127.0.0.1:${application.port}`,
      'https://keys.acme.com/.well-known/jwks.json': jwksUrl,
      '/var/cache/nginx/latchkey': join(folder, 'cache'),
    });
    rewrite(join(folder, 'latchkey.js'), {
      "'https://keys.acme.com'": `'${issuer}'`,
      "'acme-api'": `'${audience}'`,
      '127.0.0.1:9001': `127.0.0.1:${keys}`,
    });
    const options = `daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr crit;`;
    const program = ['/usr/sbin/nginx', '-c', join(folder, 'nginx.conf'), '-e', 'stderr', '-g', options];
    const { end } = await startPrograms('nginx', [program as [string, ...string[]]], [port]);
    return {
      port,
      handled: application.handled,
      stop: async () => {
        await Promise.all([end(), application.stop()]);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

/** Every place is there, or the example is another one than this test knows. */
const rewrite = (file: string, places: Readonly<Record<string, string>>): void => {
  let text = readFileSync(file, 'utf8');
  for (const [from, to] of Object.entries(places)) {
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  writeFileSync(file, text);
};

/** It believes the plain headers: nobody calls it but nginx. */
const startApplication = async () => {
  let handled = 0;
  const server = createServer(({ url, headers }, response) => {
    if (url?.split('?')[0] === '/healthz') return void response.end('well');
    handled++;
    const said = (name: string): string | null => {
      const value = headers[`x-latchkey-${name}`];
      return typeof value === 'string' ? value : null;
    };
    response.setHeader('Content-Type', 'application/json');
    const scopes = said('scopes')?.split(' ') ?? [];
    const told = { user: said('user-id'), key: said('key-id'), auth: said('auth'), scopes };
    response.end(JSON.stringify(told));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    handled: () => handled,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};

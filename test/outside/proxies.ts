import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Program } from './origins/origin.ts';
import type { Places } from './proxied.ts';

/** The configurations that people are given: the tests run these files, with other names and without TLS. */
const EXAMPLES = resolve(import.meta.dirname, '../../examples/proxies');

/** Puts the names, the ports and the schemes of a test in the place of a reader's.. */
const placed = (text: string, changes: readonly (readonly [string | RegExp, string])[]): string =>
  changes.reduce((before, [wanted, given]) => before.replaceAll(wanted, given), text);

export const nginx = ({ own, port, latchkeyPort, originPort, secret }: Places): Program => {
  const from = join(EXAMPLES, 'nginx');
  mkdirSync(own);
  for (const name of readdirSync(from)) {
    const changed = placed(readFileSync(join(from, name), 'utf8'), [
      ['server keys.acme.com:443;', `server 127.0.0.1:${latchkeyPort};`],
      ['https://latchkey/', 'http://latchkey/'],
      ['keys.acme.com', 'desk.test'],
      ['api.acme.com', 'api.test'],
      ['server 127.0.0.1:8789;', `server 127.0.0.1:${originPort};`],
      ['listen 443 ssl;', `listen 127.0.0.1:${port};`],
      [/ +ssl_certificate.*\n/g, ''],
      ['http {', 'http { access_log off;'],
    ]);
    writeFileSync(join(own, name), changed);
  }
  const line = `proxy_set_header X-Latchkey-Decision-Secret "${secret}";\n`;
  writeFileSync(join(own, 'latchkey-secret.conf'), line);
  const globals = `daemon off; worker_processes 1; pid ${own}.pid; error_log stderr crit;`;
  return ['/usr/sbin/nginx', '-c', join(own, 'nginx.conf'), '-e', 'stderr', '-g', globals];
};

export const caddy = ({ own, port, latchkeyPort, originPort, secret }: Places): Program => {
  const changed = placed(readFileSync(join(EXAMPLES, 'caddy/Caddyfile'), 'utf8'), [
    ['api.acme.com {', `{\n\tadmin off\n\tauto_https off\n}\nhttp://api.test:${port} {\n\tbind 127.0.0.1`],
    ['https://keys.acme.com', `http://127.0.0.1:${latchkeyPort}`],
    ['keys.acme.com', 'desk.test'],
    ['127.0.0.1:8789', `127.0.0.1:${originPort}`],
  ]);
  writeFileSync(own, changed);
  const environment = [`DECISION_SECRET=${secret}`, `HOME=${own}-home`, `XDG_DATA_HOME=${own}-data`];
  const run = ['/usr/bin/caddy', 'run', '--adapter', 'caddyfile', '--config', own];
  return ['/usr/bin/env', ...environment, ...run];
};

import { chmodSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { EACH_AREA, ELSEWHERE } from './areas.ts';
import type { Origin, Program, Programs } from './origin.ts';
import { wsgiFile } from './wsgi.ts';

const apache = (own: string, port: number, modules: readonly string[], more: string): Program => {
  const loaded = ['mpm_prefork', 'authz_core', 'alias', 'env', ...modules].map(
    (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
  );
  writeFileSync(
    `${own}.conf`,
    `${loaded.join('\n')}
     ServerName origin.test
     Listen 127.0.0.1:${port}
     PidFile ${own}.pid
     ErrorLog ${own}.log
     LogLevel crit
     MaxKeepAliveRequests 0
     ${process.getuid?.() === 0 ? 'User #65534\nGroup #65534' : ''}
     StartServers 2
     <Directory ${dirname(own)}>
       Require all granted
     </Directory>
     ${guards}
     ${more}\n`,
  );
  return ['/usr/sbin/apache2', '-f', `${own}.conf`, '-DFOREGROUND'];
};

/** What Apache lets in is told by location, what it runs by alias: the one may be looked up otherwise than the other. */
const guards = [
  `SetEnv GUARD ${ELSEWHERE}`,
  ...EACH_AREA.map(([area, path]) =>
    area === 'payouts'
      ? `<LocationMatch "(?i)^${path}(/|$)">\nSetEnv GUARD ${area}\n</LocationMatch>`
      : `<Location "${path}">\nSetEnv GUARD ${area}\n</Location>`,
  ),
].join('\n');

/** A script for each area, and one for the rest: the first alias that fits is taken. */
const scripts = (directive: string, file: (area: string) => string, end: string): string =>
  [...EACH_AREA, [ELSEWHERE, '/'] as const]
    .map(([area, path]) => `${directive} ${path} ${file(area)}${path === '/' ? end : ''}`)
    .join('\n');

const cgi: Programs = (own, port) => {
  const script = (area: string): string => {
    const file = `${own}-${area}.cgi`;
    const head = `printf 'Content-Type: application/octet-stream\\r\\n\\r\\n'`;
    writeFileSync(file, `#!/bin/sh\n${head}\nexec env -0 AREA=${area}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  return [apache(own, port, ['cgi'], scripts('ScriptAlias', script, '/'))];
};

const modWsgi: Programs = (own, port) => {
  const file = (area: string): string => wsgiFile(`${own}-${area}`, area);
  return [apache(own, port, ['wsgi'], scripts('WSGIScriptAlias', file, ''))];
};

/** What a script takes for its own place, and what is left of the path for it to go by. */
const path: Origin['path'] = ({ SCRIPT_NAME = '', PATH_INFO = '' }) => `${SCRIPT_NAME}${PATH_INFO}`;

export const APACHE: readonly Origin[] = [
  { name: 'Apache, CGI', runs: { programs: cgi }, path },
  { name: 'Apache, mod_wsgi', runs: { programs: modWsgi }, path },
];

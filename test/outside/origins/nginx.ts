import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AREAS, EACH_AREA, ELSEWHERE, FILES } from './areas.ts';
import type { Origin, Program, Programs } from './origin.ts';
import { phpFile } from './php.ts';

const NAMES = ['USER_ID', 'ORGANIZATION_ID', 'KEY_ID', 'AUTH', 'SCOPES', 'ASSERTION'];

const TOLD = [
  'REQUEST_METHOD=$request_method',
  'PATH=$uri',
  'HTTP_X_REQUEST_ID=$http_x_request_id',
  ...NAMES.map((name) => `HTTP_X_LATCHKEY_${name}=$http_x_latchkey_${name.toLowerCase()}`),
];

const nginx = (own: string, port: number, server: string): Program => {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${own}-${name};`,
  );
  writeFileSync(
    `${own}.conf`,
    `daemon off; worker_processes 1; pid ${own}.pid; error_log stderr crit; events { }
     http { access_log off; ${temporary.join(' ')} default_type application/octet-stream;
       keepalive_requests 1000000; large_client_header_buffers 8 128k;
       server { listen 127.0.0.1:${port}; ${server} } }`,
  );
  return ['/usr/sbin/nginx', '-c', `${own}.conf`, '-e', 'stderr'];
};

/** As people write them: a prefix without its last slash, and what is to be guarded in any case. */
const locations = (inside: (area: string) => string): string =>
  [
    ...EACH_AREA.filter(([area]) => area !== 'payouts').map(([area, path]) => `${path} { ${inside(area)} }`),
    `~* ^${AREAS.payouts} { ${inside('payouts')} }`,
    `/ { ${inside(ELSEWHERE)} }`,
  ]
    .map((location) => `location ${location}`)
    .join('\n');

const telling =
  (extra: string): Programs =>
  (own, port) => [
    nginx(
      ...[own, port],
      `${extra} ${locations((area) => `return 200 "AREA=${area}\\n${TOLD.join('\\n')}\\n";`)}`,
    ),
  ];

/** A folder of files, and the best known of all slips: an alias with a slash at its end, for a location that has none. */
const files: Programs = (own, port) => {
  for (const path of FILES) {
    mkdirSync(dirname(`${own}-files${path}`), { recursive: true });
    const area = EACH_AREA.find(([, start]) => path.startsWith(`${start}/`))?.[0];
    writeFileSync(`${own}-files${path}`, `AREA=${area}\nPATH=${path}\n`);
  }
  const alias = `location ${AREAS.public} { alias ${own}-files${AREAS.public}/; }`;
  return [nginx(own, port, `root ${own}-files; ${alias}`)];
};

/** PHP as most of it runs: nginx chooses the location, a front controller goes by REQUEST_URI. */
const fastCgi: Programs = (own, port, behind) => {
  const script = phpFile(own, `$path = rawurldecode(explode('?', $_SERVER['REQUEST_URI'])[0]);`);
  const parameters = {
    ...{ SCRIPT_FILENAME: script, REQUEST_METHOD: '$request_method', REQUEST_URI: '$request_uri' },
    ...{ CONTENT_LENGTH: '$content_length', CONTENT_TYPE: '$content_type', QUERY_STRING: '$query_string' },
    ...{ DOCUMENT_URI: '$document_uri', SERVER_PROTOCOL: '$server_protocol', REDIRECT_STATUS: '200' },
  };
  const given = Object.entries(parameters).map(([name, value]) => `fastcgi_param ${name} ${value};`);
  const guarded = locations(
    (area) => `fastcgi_pass 127.0.0.1:${behind}; ${given.join(' ')} fastcgi_param GUARD ${area};`,
  );
  return [
    nginx(own, port, `underscores_in_headers on; ignore_invalid_headers off; ${guarded}`),
    // It would end after 500 requests.
    ['/usr/bin/env', 'PHP_FCGI_MAX_REQUESTS=0', '/usr/bin/php-cgi', '-n', '-b', `127.0.0.1:${behind}`],
  ];
};

const uri: Origin['path'] = ({ PATH = null }) => PATH;

export const NGINX: readonly Origin[] = [
  { name: 'nginx', runs: { programs: telling('') }, path: uri },
  {
    name: 'nginx that takes every header',
    runs: { programs: telling('underscores_in_headers on; ignore_invalid_headers off;') },
    path: uri,
  },
  {
    name: 'nginx, files',
    runs: { programs: files },
    path: uri,
    isFiles: true,
    refuses: (method, path) => method !== 'GET' || !FILES.includes(path),
  },
  { name: 'PHP behind nginx, FastCGI', runs: { programs: fastCgi }, path: uri },
];

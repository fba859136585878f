import { mkdirSync, writeFileSync } from 'node:fs';
import { AREAS, EACH_AREA, ELSEWHERE, unslashed } from './areas.ts';
import type { Origin, Programs } from './origin.ts';

/** A front controller: `found` sets `$path`, false where it cannot tell; then one handler is chosen by it. */
export const phpFile = (own: string, found: string): string => {
  const areas = EACH_AREA.filter(([area]) => area !== 'payouts').map(
    ([area, path]) => `str_starts_with($path, '${path}') => '${area}',`,
  );
  const chosen = `match (true) { !is_string($path) => '',
    stripos($path, '${AREAS.payouts}') === 0 => 'payouts', ${areas.join(' ')} default => '${ELSEWHERE}' }`;
  writeFileSync(`${own}.php`, `<?php ${found} $area = ${chosen}; ${TELL}`);
  return `${own}.php`;
};

/** `$_SERVER`, and the headers as `getallheaders` gives them; not with `php -S`, which dies of that where a header comes twice. */
const TELL = `header('Content-Type: application/octet-stream');
  foreach ($_SERVER as $name => $value) if (is_string($value)) echo $name, '=', $value, "\\0";
  echo "AREA=$area\\0", is_string($path) ? "PATH=$path\\0" : '';
  if (PHP_SAPI !== 'cli-server') {
    echo "VIEW=\\0";
    foreach (getallheaders() as $name => $value) echo $name, '=', $value, "\\0";
  }`;

const server = (...args: readonly string[]): readonly [readonly [string, ...string[]]] => [
  ['/usr/bin/php', '-n', '-S', ...args],
];

const frontController: Programs = (own, port) =>
  server(
    `127.0.0.1:${port}`,
    phpFile(
      own,
      `$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH); if (is_string($path)) $path = rawurldecode($path);`,
    ),
  );

/** One file for each area, in a folder that says which: PHP itself looks for the one to run. */
const folders: Programs = (own, port) => {
  for (const [area, path] of [...EACH_AREA, [ELSEWHERE, '']]) {
    mkdirSync(`${own}-php${path}`, { recursive: true });
    const found = `$area = '${area}'; $path = '${path}' . ($_SERVER['PATH_INFO'] ?? '');`;
    writeFileSync(`${own}-php${path}/index.php`, `<?php ${found} ${TELL}`);
  }
  return server(`127.0.0.1:${port}`, '-t', `${own}-php`);
};

const path: Origin['path'] = ({ PATH = null }) => PATH;

export const PHP: readonly Origin[] = [
  {
    name: 'PHP',
    runs: { programs: frontController },
    path,
    // parse_url takes `/a:80` for a host and a port, and says false: it cannot tell, and must not guess. A port is what
    // stands between the first colon and a slash or the end, of five digits at the most.
    makes: (told, target) => (/^[^:?]*:\d{1,5}(?:\/|$)/.test(target) ? null : told),
  },
  {
    name: 'PHP, files',
    runs: { programs: folders },
    path,
    // What has a dot in it must be a file that is there.
    refuses: (_, told) => told.includes('.'),
    makes: unslashed,
  },
];

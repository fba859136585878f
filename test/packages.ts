import { existsSync } from 'node:fs';

/** What tests and the benchmark need of Debian: the package, and a file that it brings. Who has none of them skips those tests, by name. */
export const PACKAGES = {
  origins: {
    'nginx-light': '/usr/sbin/nginx',
    'apache2-bin': '/usr/sbin/apache2',
    'libapache2-mod-wsgi-py3': '/usr/lib/apache2/modules/mod_wsgi.so',
    'php-cli': '/usr/bin/php',
    'php-cgi': '/usr/bin/php-cgi',
    python3: '/usr/bin/python3',
    'python3-gunicorn': '/usr/lib/python3/dist-packages/gunicorn/__init__.py',
  },
  recipes: {
    'nginx-light': '/usr/sbin/nginx',
    'libnginx-mod-http-js': '/usr/lib/nginx/modules/ngx_http_js_module.so',
    'php-cli': '/usr/bin/php',
    'python3-gunicorn': '/usr/lib/python3/dist-packages/gunicorn/__init__.py',
    'python3-uvicorn': '/usr/lib/python3/dist-packages/uvicorn/__init__.py',
    'python3-jwt': '/usr/lib/python3/dist-packages/jwt/__init__.py',
    'python3-cryptography': '/usr/lib/python3/dist-packages/cryptography/__init__.py',
    'golang-go': '/usr/bin/go',
  },
  caddy: { caddy: '/usr/bin/caddy' },
  browser: { chromium: '/usr/bin/chromium' },
  haproxy: { haproxy: '/usr/sbin/haproxy' },
  apache: {
    'apache2-bin': '/usr/sbin/apache2',
    'libapache2-mod-auth-openidc': '/usr/lib/apache2/modules/mod_auth_openidc.so',
  },
} as const;

/** What tests in front of web servers need, those of the examples for origins, tests in a browser, or a peer of the benchmark. */
export type Need = keyof typeof PACKAGES;

/** The packages that are not installed. */
export const missingPackages = (need: Need): readonly string[] =>
  Object.entries(PACKAGES[need]).flatMap(([name, file]) => (existsSync(file) ? [] : [name]));

/** For the name of a test that is skipped: nothing where all is there, else what to type. */
export const whySkipped = (need: Need): string => {
  const missing = missingPackages(need);
  return missing.length === 0
    ? ''
    : `. Skipped, without ${missing.join(', ')}: test/install-packages.sh ${need}`;
};

const isNeed = (name: string): name is Need => Object.hasOwn(PACKAGES, name);

// For install-packages.sh.
if (import.meta.main) {
  const [, , need = ''] = process.argv;
  if (!isNeed(need)) throw new Error(`which: ${Object.keys(PACKAGES).join(', ')}?`);
  console.log(missingPackages(need).join('\n'));
}

import { expect, test } from 'vitest';
import { readOptions } from '../../../../cli/serve/options.ts';

const FOLDER = '/acme';

const read = (...args: readonly string[]) => readOptions(args, FOLDER);

test('without options it is this machine alone, in the folder, for production', () => {
  expect(read()).toEqual({
    ok: true,
    value: {
      environment: 'production',
      listen: { host: '127.0.0.1', port: 8787, text: '127.0.0.1:8787' },
      state: '/acme/.latchkey/served',
      secretsFile: { path: '/acme/.latchkey/secrets.production.json', isNamed: false },
      ...{ tls: null, proxies: null, authorities: [], drainSeconds: 30, checkOnly: false, json: false },
    },
  });
});

test('proxies are ranges, by comma and by repetition', () => {
  expect(read('--proxy', '10.0.0.0/8, ::1', '--proxy', '192.0.2.7')).toMatchObject({
    value: { proxies: ['10.0.0.0/8', '::1', '192.0.2.7'] },
  });
});

test.each([
  ['--listen', '8787'],
  ['--listen', 'api.acme.com:443'],
  ['--listen', '127.0.0.1:65536'],
  ['--listen', '300.0.0.1:80'],
  ['--drain', 'soon'],
  ['--proxy', 'nginx'],
  ['--proxy', '10.0.0.1/8'],
  ['--proxy', ''],
  ['--tls-cert', 'cert.pem'],
  ['--tls-key', 'key.pem'],
  ['--json'],
  ['--port', '8787'],
  ['start'],
])('what cannot be meant is refused: %s %s', (...args) => {
  expect(read(...args)).toMatchObject({ ok: false });
});

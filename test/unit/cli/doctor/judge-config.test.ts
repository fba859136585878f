import { describe, expect, test } from 'vitest';
import { judgeConfig, originUrls, wantsZone } from '../../../../cli/doctor/judge-config.ts';
import { readOpenConfig } from '../../../../src/config.ts';
import settings from '../../../settings.ts';

const LIVE = {
  STYTCH_PROJECT_ID: 'project-live-7f3c6d1e-98a0-4d3c-8f55-0c2f4b1f9a10',
  API_HOSTS: 'api.acme.com',
  DESK_HOST: 'keys.acme.com',
  ORIGIN_URL: 'https://origin.acme.com',
  LOGIN_URL: 'https://app.acme.com/login',
  OPERATORS: 'm2m-client-live-0e0e0e0e-0000-4000-8000-000000000001',
};
const TEST = {
  ...LIVE,
  STYTCH_PROJECT_ID: 'project-test-7f3c6d1e-98a0-4d3c-8f55-0c2f4b1f9a10',
  OPERATORS: 'm2m-client-test-0e0e0e0e-0000-4000-8000-000000000001',
};

const wrongOf = (
  vars: Readonly<Record<string, string>>,
  environment: string | null = 'production',
  more: object = {},
) =>
  judgeConfig(readOpenConfig({ ...settings, ...more }, vars), environment)
    .filter(({ verdict }) => verdict !== 'ok')
    .map(({ id, verdict, details }) => [id, verdict, ...details]);

test('a configuration that is right has nothing that is wrong', () => {
  expect(wrongOf(LIVE)).toEqual([]);
  expect(wrongOf(TEST, 'staging')).toEqual([]);
});

test('one with problems names all of them, and the rest waits for that', () => {
  expect(wrongOf({ ...LIVE, API_HOSTS: 'Api', DESK_HOST: '' })).toEqual([
    ['CONFIG-02', 'FAIL', expect.stringMatching(/^API_HOSTS/), 'DESK_HOST: must be a text that is not empty'],
    ...['03', '04', '05', '06'].map((number) => [`CONFIG-${number}`, 'skipped', 'CONFIG-02 first']),
  ]);
});

describe('what is allowed and cannot be meant is found', () => {
  test.each<[what: string, vars: Readonly<Record<string, string>>, env: string, found: readonly string[]]>([
    [
      'an origin on this machine',
      { ...TEST, ORIGIN_URL: 'http://127.0.0.1:8789' },
      'staging',
      ['CONFIG-04', 'FAIL', 'the origin http://127.0.0.1:8789 is this machine'],
    ],
    [
      'a Stytch on this machine',
      { ...TEST, STYTCH_API_URL: 'http://127.0.0.1:8788' },
      'staging',
      ['CONFIG-04', 'FAIL', 'STYTCH_API_URL http://127.0.0.1:8788 is this machine'],
    ],
    [
      "the repository's project",
      { ...LIVE, STYTCH_PROJECT_ID: 'project-live-33333333-3333-4333-8333-333333333333' },
      'production',
      ['CONFIG-05', 'FAIL', 'project-live-33333333-3333-4333-8333-333333333333 is the project of an example'],
    ],
    [
      "the repository's hosts",
      { ...LIVE, API_HOSTS: 'api.example.com' },
      'production',
      ['CONFIG-05', 'FAIL', 'api.example.com is an example'],
    ],
    [
      "the repository's origin",
      { ...LIVE, ORIGIN_URL: 'https://origin.example.com' },
      'production',
      ['CONFIG-05', 'FAIL', 'origin.example.com is an example'],
    ],
    [
      'a clock that is moved',
      { ...TEST, CLOCK_OFFSET_SECONDS: '60' },
      'staging',
      ['CONFIG-05', 'FAIL', 'CLOCK_OFFSET_SECONDS moves the clock'],
    ],
    [
      'a test project in production',
      TEST,
      'production',
      ['CONFIG-06', 'WARN', expect.stringMatching(/^\[env\.production\] has the test project/)],
    ],
    [
      'a live project in staging',
      LIVE,
      'staging',
      ['CONFIG-06', 'WARN', expect.stringMatching(/^\[env\.staging\] has the live project/)],
    ],
  ])('%s', (_, vars, env, found) => {
    expect(wrongOf(vars, env)).toEqual([found]);
  });

  test('a route that other spellings get past', () => {
    const more = { routes: [...settings.routes, { path: '/**', auth: 'none' }] };
    const [found] = wrongOf(LIVE, 'production', more);
    expect(found?.slice(0, 2)).toEqual(['CONFIG-03', 'WARN']);
  });
});

test('on this machine an example is what it should be', () => {
  const vars = { API_HOSTS: '127.0.0.1:8787', DESK_HOST: 'localhost:8787', ORIGIN_URL: 'http://127.0.0.1:1' };
  expect(wrongOf(vars, null)).toEqual([]);
});

test('every place that requests go to is looked at, each once', () => {
  const route = { path: '/v1/more/**' };
  const read = readOpenConfig(
    {
      ...settings,
      routes: [
        ...settings.routes,
        { ...route, origin: { url: 'https://more.acme.com' } },
        { path: '/v1/zone/**', origin: { zone: true } },
      ],
    },
    LIVE,
  );
  if (!read.ok) throw new Error(read.problems.join());
  expect(originUrls(read.config)).toEqual(['https://origin.acme.com', 'https://more.acme.com']);
  expect(wantsZone(read.config)).toBe(true);
  const plain = readOpenConfig(settings, LIVE);
  expect(plain.ok && wantsZone(plain.config)).toBe(false);
});

import { describe, expect, test } from 'vitest';
import { type Deployment, judgeDeployment } from '../../../../cli/doctor/judge-deployment.ts';

const GOOD: Deployment = {
  kv_namespaces: [{ binding: 'VAULT', id: 'a'.repeat(32) }],
  durable_objects: {
    bindings: [
      { name: 'KEY_RING', class_name: 'KeyRing' },
      { name: 'LOBBY', class_name: 'Lobby' },
    ],
  },
  ratelimits: [{ name: 'STRANGERS', namespace_id: '1001', simple: { limit: 100, period: 60 } }],
  migrations: [
    { tag: 'v1', new_sqlite_classes: ['KeyRing'] },
    { tag: 'v2', new_sqlite_classes: ['Lobby'] },
  ],
  triggers: { crons: ['23 3 * * *'] },
  ...{ workers_dev: false, preview_urls: false },
  ...{ compatibility_date: '2026-10-01', compatibility_flags: ['enable_request_signal'] },
  observability: { enabled: true },
  ...{ minify: true, keep_names: false, upload_source_maps: true },
};

const [vault] = GOOD.kv_namespaces ?? [];
const [ring, lobby] = GOOD.durable_objects?.bindings ?? [];
if (vault === undefined || ring === undefined || lobby === undefined) throw new Error('nothing is bound');

const bound = (...bindings: readonly (typeof ring)[]): Partial<Deployment> => ({
  durable_objects: { bindings: [...bindings] },
});

const wrongOf = (deployment: Deployment, services: readonly string[] = []) =>
  judgeDeployment(deployment, services, false).filter(({ verdict }) => verdict !== 'ok');

test('a deployment that is right has nothing that is wrong', () => {
  expect(wrongOf(GOOD)).toEqual([]);
  expect(wrongOf({ ...GOOD, cache: { enabled: false }, exports: {} })).toEqual([]);
  const services = [{ binding: 'BILLING', service: 'billing' }];
  expect(wrongOf({ ...GOOD, services }, ['BILLING'])).toEqual([]);
});

describe('CACHE-01, PATH-07 › a deployment', () => {
  test.each<[what: string, wrong: Partial<Deployment>, id: string, problem: RegExp]>([
    ['no Vault', { kv_namespaces: [] }, 'WRANGLER-02', /^VAULT: no KV namespace/],
    ['no Ring', bound(lobby), 'WRANGLER-02', /^KEY_RING: no Durable Object/],
    ['no Lobby', bound(ring), 'WRANGLER-02', /^LOBBY: no Durable Object/],
    [
      'the Rings where the Lobbies are',
      bound(ring, { ...lobby, class_name: 'KeyRing' }),
      'WRANGLER-02',
      /^LOBBY: the class is KeyRing, not Lobby$/,
    ],
    [
      "another Worker's Rings",
      bound({ ...ring, script_name: 'other' }, lobby),
      'WRANGLER-02',
      /^KEY_RING: is another Worker's, other$/,
    ],
    ['no limit for strangers', { ratelimits: [] }, 'WRANGLER-02', /^STRANGERS: no rate limit/],
    [
      'a Vault that is still to be made',
      { kv_namespaces: [{ ...vault, id: '0'.repeat(32) }] },
      'WRANGLER-03',
      /zeros/,
    ],
    ['a Vault without id', { kv_namespaces: [{ binding: 'VAULT' }] }, 'WRANGLER-03', /no id/],
    ['a Vault by its name', { kv_namespaces: [{ ...vault, id: 'vault' }] }, 'WRANGLER-03', /is none/],
    ['no Lobby made', { migrations: GOOD.migrations?.slice(0, 1) ?? [] }, 'WRANGLER-04', /^Lobby is in no/],
    [
      'Rings without SQLite',
      {
        migrations: [
          { tag: 'v1', new_classes: ['KeyRing'] },
          { tag: 'v2', new_sqlite_classes: ['Lobby'] },
        ],
      },
      'WRANGLER-04',
      /^KeyRing is in no new_sqlite_classes$/,
    ],
    [
      'Rings that are ended',
      { migrations: [...(GOOD.migrations ?? []), { tag: 'v3', deleted_classes: ['KeyRing'] }] },
      'WRANGLER-04',
      /^KeyRing is deleted or renamed$/,
    ],
    ['no cron', { triggers: { crons: [] } }, 'WRANGLER-05', /cron/],
    ['a fetch without no-store', { compatibility_date: '2024-11-10' }, 'WRANGLER-06', /^compatibility_date/],
    ['no date', { compatibility_date: undefined }, 'WRANGLER-06', /^compatibility_date/],
    [
      'no-store switched off',
      { compatibility_flags: ['enable_request_signal', 'cache_option_disabled'] },
      'WRANGLER-06',
      /^compatibility_flags: without the cache option/,
    ],
    ['streams held open', { compatibility_flags: [] }, 'WRANGLER-06', /enable_request_signal/],
    ['workers.dev', { workers_dev: true }, 'WRANGLER-07', /^workers_dev/],
    ['workers.dev by default', { workers_dev: undefined }, 'WRANGLER-07', /^workers_dev/],
    ['preview URLs', { preview_urls: true }, 'WRANGLER-07', /^preview_urls/],
    ['preview URLs by default', { preview_urls: undefined }, 'WRANGLER-07', /^preview_urls/],
    [
      'previews of a custom domain',
      { routes: [{ pattern: 'api.acme.com', custom_domain: true, previews_enabled: true }] },
      'WRANGLER-07',
      /^previews_enabled of api\.acme\.com$/,
    ],
    ['Workers Cache', { cache: { enabled: true } }, 'WRANGLER-08', /^cache is/],
    [
      'Workers Cache for one entry point',
      { exports: { default: { type: 'worker', cache: { enabled: true } } } },
      'WRANGLER-08',
      /^cache is/,
    ],
    ['assets', { assets: { directory: 'public' } }, 'WRANGLER-11', /\[assets\]/],
    [
      'a site',
      { site: { bucket: 'public', 'entry-point': 'x', include: [], exclude: [] } },
      'WRANGLER-11',
      /\[site\]/,
    ],
    [
      'a secret that all can read',
      { vars: { ASSERTION_JWKS: '{}' } },
      'WRANGLER-12',
      /^ASSERTION_JWKS is a variable$/,
    ],
    ['no log', { observability: { enabled: false } }, 'WRANGLER-13', /observability/],
    [
      'spans and no log',
      { observability: { enabled: true, logs: { enabled: false } } },
      'WRANGLER-13',
      /observability/,
    ],
    ['traces that nobody can read', { upload_source_maps: false }, 'WRANGLER-14', /upload_source_maps/],
  ])('with %s is found out, alone', (_, wrong, id, problem) => {
    expect(wrongOf({ ...GOOD, ...wrong })).toEqual([
      expect.objectContaining({ id, details: [expect.stringMatching(problem)], advice: expect.any(String) }),
    ]);
  });

  test('without a service that the configuration names is found out', () => {
    expect(wrongOf(GOOD, ['BILLING'])).toEqual([
      expect.objectContaining({ id: 'WRANGLER-02', details: ['BILLING: no service is bound'] }),
    ]);
  });
});

test('on this machine the Vault needs no id of an account', () => {
  const deployment = { ...GOOD, kv_namespaces: [{ ...vault, id: '0'.repeat(32) }] };
  expect(judgeDeployment(deployment, [], true).filter(({ verdict }) => verdict !== 'ok')).toEqual([
    expect.objectContaining({ id: 'WRANGLER-03', verdict: 'skipped' }),
  ]);
});

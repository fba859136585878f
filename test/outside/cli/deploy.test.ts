import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Clone, cloneProject } from './clone.ts';
import { type Cloudflare, cloudflare } from './cloudflare.ts';
import { callLatchkey, somebody } from './recorder.ts';

const VERSION = '0b1c2d3e-0000-4000-8000-000000000001';

let clone: Clone;
let account: Cloudflare;
/** What wrangler builds. */
let script: string;
/** Where it built it. */
let builtIn: string[];

/** A clone that was set up as its operator is told to. */
beforeEach(async () => {
  clone = cloneProject();
  account = cloudflare();
  script = 'export default {}';
  builtIn = [];
  const made = await latchkey([
    ...['init', '--yes', '--vertical', 'consumer', '--brand', 'acme'],
    ...['--project-id', 'project-live-9f8e7d6c-0000-4000-8000-000000000000'],
    ...['--api-host', 'api.acme.com', '--desk-host', 'keys.acme.com'],
    ...['--origin-url', 'https://origin.acme.com'],
  ]);
  const up = await latchkey(['setup', '--yes']);
  expect([made.code, up.code]).toEqual([0, 0]);
});
afterEach(() => clone.remove());

const latchkey = (args: readonly string[], person: ReturnType<typeof somebody> | null = null) =>
  callLatchkey(args, {
    ...{ folder: clone.folder, env: { STYTCH_SECRET: 'secret-live-planted' }, person },
    wrangler: async (call, options) => {
      const at = call.indexOf('--outdir');
      const folder = at < 0 ? '' : (call[at + 1] ?? '');
      if (folder !== '') {
        builtIn.push(folder);
        writeFileSync(join(folder, 'worker.js'), script);
      }
      return account.wrangler(call, options);
    },
  });

/** Calls that change something: a build for nobody is none. */
const deployed = () =>
  account.changes().filter((words) => /^(?:deploy|versions)/.test(words) && !words.includes('--dry-run'));

describe('latchkey deploy', () => {
  test('checks, builds, shows what it is, deploys with the progress of wrangler, and says how to look', async () => {
    const { code, said, told } = await latchkey(['deploy', '--yes']);
    expect([code, said]).toEqual([0, 'Deployed. Check it: npm run latchkey -- doctor']);
    for (const each of [
      'latchkey, environment production',
      'api.acme.com',
      'https://origin.acme.com',
      VERSION,
    ])
      expect(told).toContain(each);
    expect(deployed()).toEqual(['deploy --env production']);
    expect(told).not.toContain('planted');
    // What was built to be looked into is gone.
    expect(builtIn.map((folder) => existsSync(folder))).toEqual([false]);
  });

  test('does nothing without a yes', async () => {
    const nobody = await latchkey(['deploy']);
    const no = somebody(false);
    const denied = await latchkey(['deploy'], no);
    expect([nobody.code, denied.code, no.asked, deployed()]).toEqual([2, 1, ['Deploy this?'], []]);
  });

  test('--gradual uploads a version and says how it gets its part of the requests', async () => {
    const { code, said } = await latchkey(['deploy', '--gradual', '--yes']);
    expect([code, deployed()]).toEqual([0, ['versions upload --env production']]);
    expect(said).toContain(`npx wrangler versions deploy ${VERSION}@10% running@90% --env production --yes`);
    account.fail('deployments status', { stderr: 'The Worker latchkey has no deployments.' });
    const first = await latchkey(['deploy', '--gradual', '--yes']);
    expect([first.code, first.told]).toEqual([1, expect.stringContaining('leave --gradual out')]);
    expect(deployed()).toHaveLength(1);
    const { said: json } = await latchkey(['deploy', '--gradual', '--yes', '--json']);
    expect(JSON.parse(json)).toMatchObject({
      version_id: VERSION,
      running_version_id: 'running',
      summary: expect.stringContaining('0 wrong'),
    });
  });

  test('--dry-run asks neither anybody nor Cloudflare', async () => {
    const before = account.calls.length;
    const { code, said } = await latchkey(['deploy', '--dry-run']);
    expect([code, said, deployed()]).toEqual([0, 'Nothing was deployed: --dry-run.', []]);
    expect(account.calls.slice(before).map(({ args }) => args.slice(0, 2))).toEqual([
      ['deploy', '--dry-run'],
    ]);
  });

  const FAULTS: readonly [what: string, plant: () => void, told: RegExp][] = [
    [
      'a host that is none',
      () => edit('DESK_HOST = "keys.acme.com"', 'DESK_HOST = "https://keys"'),
      /DESK_HOST: must be/,
    ],
    [
      'a namespace that is not there',
      () => edit(account.namespaces[0]?.id ?? '', '0'.repeat(32)),
      /WRANGLER-03[\s\S]*setup/,
    ],
    [
      'a forgotten binding',
      () =>
        edit(
          '[[env.production.ratelimits]]\nname = "STRANGERS"',
          '[[env.production.ratelimits]]\nname = "STRANGE"',
        ),
      /STRANGERS: no rate limit/,
    ],
    ['workers.dev', () => edit('workers_dev = false', 'workers_dev = true'), /workers_dev is not false/],
    ['previews', () => edit('preview_urls = false', 'preview_urls = true'), /preview_urls is not false/],
    [
      'a secret that Cloudflare lacks',
      () => account.secrets.set('production', { STYTCH_SECRET: 'x' }),
      /LATCHKEY_MASTER_KEYS is missing/,
    ],
    [
      'no Worker that has secrets',
      () => account.secrets.clear(),
      /SECRET-06[\s\S]*npm run latchkey -- setup/,
    ],
    [
      'a Cloudflare that does not say',
      () => account.fail('secret list'),
      /SECRET-06[\s\S]*npm run latchkey -- setup/,
    ],
    [
      'a Worker that fails open',
      () => {
        script = 'ctx.passThroughOnException()';
      },
      /go past the Gate/,
    ],
    ['a build that fails', () => account.fail('deploy --dry-run', { stderr: 'no loader' }), /no loader/],
    [
      'a deployment that fails',
      () => account.fail('deploy --env', { stderr: 'script too large' }),
      /script too large/,
    ],
  ];
  const edit = (from: string, to: string): void => {
    const text = clone.read('wrangler.toml');
    expect(text).toContain(from);
    clone.write('wrangler.toml', text.replace(from, to));
  };

  test.each(FAULTS)('%s is told of, and nothing is deployed', async (what, plant, told) => {
    plant();
    const called = await latchkey(['deploy', '--yes']);
    expect([called.code, called.said]).toEqual([1, '']);
    expect(called.told).toMatch(told);
    // A call that failed deployed nothing.
    expect(deployed()).toEqual(what === 'a deployment that fails' ? ['deploy --env production'] : []);
  });

  test('with --json, what keeps it from being deployed is in the document', async () => {
    edit(account.namespaces[0]?.id ?? '', '0'.repeat(32));
    const { code, said } = await latchkey(['deploy', '--yes', '--json']);
    expect([code, JSON.parse(said)]).toEqual([
      1,
      expect.objectContaining({
        summary: expect.stringContaining(' 1 wrong,'),
        findings: expect.arrayContaining([expect.objectContaining({ id: 'WRANGLER-03', verdict: 'FAIL' })]),
        version_id: null,
      }),
    ]);
    expect(deployed()).toEqual([]);
  });

  test('the top level, which is for this machine, is not deployed', async () => {
    account.secrets.set('', { STYTCH_SECRET: 'x', LATCHKEY_MASTER_KEYS: 'y', ASSERTION_JWKS: 'z' });
    const { code, told } = await latchkey(['deploy', '--env', '', '--yes']);
    expect([code, told]).toEqual([1, expect.stringContaining('Say --env production.')]);
    expect(deployed()).toEqual([]);
  });
});

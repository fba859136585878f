import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { ask, member } from '../../../demo/http.ts';
import { type Server, serve } from '../../../tools/serve/index.ts';
import { stytchEmulator } from '../edge.ts';
import { type Clone, cloneProject } from './clone.ts';
import { type Cloudflare, cloudflare } from './cloudflare.ts';
import { callLatchkey, somebody } from './recorder.ts';

const RIGHT = '{ "user_id": {{ client.trusted_metadata.user_id }} }';
const SLUGS = ['--stytch-project', 'latchkey', '--stytch-environment', 'test'];
const SECRET_NAMES = ['ASSERTION_JWKS', 'LATCHKEY_MASTER_KEYS', 'STYTCH_SECRET'];

let clone: Clone;
let account: Cloudflare;
let stytch: Server;
let url: string;

beforeAll(async () => {
  stytch = await serve({ services: [stytchEmulator()] });
  url = `http://127.0.0.1:${stytch.port('stytch')}`;
});
afterAll(() => stytch.stop());
beforeEach(async () => {
  clone = cloneProject();
  account = cloudflare();
  await ask(`${url}/_emulator/reset`, { body: {} });
  const { PROJECT_ID = '', PROJECT_SECRET = '' } = inject('emulatorBindings');
  const made = await callLatchkey(
    [
      ...['init', '--yes', '--vertical', 'consumer', '--project-id', PROJECT_ID, '--brand', 'acme'],
      ...['--api-host', 'api.acme.com', '--desk-host', 'keys.acme.com'],
      ...['--origin-url', 'https://origin.acme.com'],
    ],
    { folder: clone.folder, env: { STYTCH_SECRET: PROJECT_SECRET } },
  );
  expect(made.code).toBe(0);
});
afterEach(() => clone.remove());

const setup = async (
  args: readonly string[],
  { withStytch = true, person = null as ReturnType<typeof somebody> | null } = {},
) => {
  const { WORKSPACE_KEY_ID = '', WORKSPACE_KEY_SECRET = '' } = inject('emulatorBindings');
  const env = {
    STYTCH_WORKSPACE_KEY_ID: WORKSPACE_KEY_ID,
    STYTCH_WORKSPACE_KEY_SECRET: WORKSPACE_KEY_SECRET,
    STYTCH_MANAGEMENT_URL: url,
  };
  const called = await callLatchkey(['setup', ...args, ...(withStytch ? SLUGS : [])], {
    ...{ folder: clone.folder, wrangler: account.wrangler, env: withStytch ? env : {}, person },
  });
  for (const secret of [...Object.values(secretsFile()), WORKSPACE_KEY_SECRET])
    expect(called.said + called.told).not.toContain(secret);
  return called;
};

const secretsFile = (): Record<string, string> => JSON.parse(clone.read('.latchkey/secrets.production.json'));
const template = async () => (await ask(`${url}/_emulator/template`)).json;
const setTemplate = (template_content: string) =>
  ask(`${url}/_emulator/template`, { method: 'PUT', body: { template_content, custom_audience: '' } });
const puts = async () => {
  const { json } = await ask(`${url}/_emulator/counters`);
  return member(json, 'calls', 'template.put') ?? 0;
};

describe('latchkey setup', () => {
  test('does everything once: a namespace, all secrets in one call, the template; a second run changes nothing', async () => {
    await ask(`${url}/_emulator/template`, { method: 'DELETE' });
    const before = clone.read('wrangler.toml');
    const first = await setup(['--yes', '--json']);
    expect([first.code, JSON.parse(first.said)]).toEqual([
      0,
      {
        environment: 'production',
        namespace: { was: 'make' },
        secrets: { put: expect.arrayContaining(SECRET_NAMES), there: [], only_at_cloudflare: [] },
        template: { was: 'set' },
      },
    ]);
    expect(account.changes()).toEqual([
      'kv namespace create latchkey-vault --env production',
      'secret bulk --env production',
    ]);
    expect(account.secrets.get('production')).toEqual(secretsFile());
    // No argument had a secret.
    for (const secret of Object.values(secretsFile()))
      expect(account.calls.flatMap(({ args }) => args).join()).not.toContain(secret);
    expect(await template()).toEqual({ template_content: RIGHT, custom_audience: '' });
    const [{ id } = { id: '' }] = account.namespaces;
    const [top, production = ''] = before.split('[[env.production.kv_namespaces]]');
    const written = production.replace('0'.repeat(32), id);
    expect(clone.read('wrangler.toml')).toBe(`${top}[[env.production.kv_namespaces]]${written}`);

    const [changed, putBefore] = [account.changes().length, await puts()];
    const second = await setup(['--json']);
    expect([second.code, JSON.parse(second.said)]).toMatchObject([
      0,
      { namespace: { was: 'there' }, secrets: { put: [] }, template: { was: 'there' } },
    ]);
    expect([account.changes().length, await puts()]).toEqual([changed, putBefore]);
  });

  test('shows its plan, and does nothing without a yes', async () => {
    await setTemplate('{ "tier": {{ client.trusted_metadata.tier }} }');
    const before = clone.read('wrangler.toml');
    const nobody = await setup([]);
    expect(nobody.code).toBe(2);
    expect(nobody.told).toContain('production-latchkey-vault will be made');
    expect(nobody.told).toMatch(/will be put, all in one call: .*STYTCH_SECRET/);
    expect(nobody.told).toContain('+   "user_id": {{ client.trusted_metadata.user_id }}');
    const no = somebody(false);
    expect((await setup([], { person: no })).code).toBe(1);
    expect(no.asked).toEqual(['Do this?']);
    expect([account.changes(), await puts(), clone.read('wrangler.toml')]).toEqual([[], 0, before]);
  });

  test("the operator's claims stay beside ours, and one that a client could choose is replaced", async () => {
    const claims = '{ "tier": {{ client.trusted_metadata.tier }}, "at": ["{x}", {"a": {{request.b}}}] }';
    await setTemplate(claims.replace(/\s\}$/, ', "user_id": {{ request.user_id }} }'));
    expect((await setup(['--yes'])).code).toBe(0);
    expect(String(member(await template(), 'template_content')).replaceAll(/\s+/g, '')).toBe(
      '{"tier":{{client.trusted_metadata.tier}},"at":["{x}",{"a":{{request.b}}}],"user_id":{{client.trusted_metadata.user_id}}}',
    );
  });

  test('without the key of a workspace it shows what to paste, and does the rest', async () => {
    const { code, told, said } = await setup(['--yes'], { withStytch: false });
    expect([code, said]).toEqual([0, expect.stringContaining('Paste the claims template')]);
    expect(told).toContain(`    ${RIGHT}`);
    expect([account.changes().length, await puts()]).toEqual([2, 0]);
  });

  test('what a failure left undone is done by the next run, and nothing twice', async () => {
    account.fail('secret bulk', { stderr: 'A request to the Cloudflare API failed.' });
    const failed = await setup(['--yes']);
    expect([failed.code, failed.told]).toEqual([
      1,
      expect.stringContaining('A request to the Cloudflare API failed.'),
    ]);
    expect(account.namespaces).toHaveLength(1);
    expect((await setup(['--yes'])).code).toBe(0);
    expect(account.changes()).toEqual([
      'kv namespace create latchkey-vault --env production',
      ...['secret bulk --env production', 'secret bulk --env production'],
    ]);
    // The namespace was made, and whoever made it died before he wrote its id down.
    clone.write(
      'wrangler.toml',
      clone.read('wrangler.toml').replace(account.namespaces[0]?.id ?? '', '0'.repeat(32)),
    );
    const again = await setup(['--yes', '--json']);
    expect(JSON.parse(again.said)).toMatchObject({ namespace: { was: 'write' } });
    expect(account.namespaces).toHaveLength(1);
    expect(clone.read('wrangler.toml')).toContain(account.namespaces[0]?.id);
  });

  test('a secret that Cloudflare alone has is told of, and one that nobody has stops everything', async () => {
    account.secrets.set('production', { STYTCH_SECRET: 'x', LATCHKEY_MASTER_KEYS: 'y', ASSERTION_JWKS: 'z' });
    const all = clone.read('.latchkey/secrets.production.json');
    const { LATCHKEY_MASTER_KEYS: _, ...less } = secretsFile();
    clone.write('.latchkey/secrets.production.json', JSON.stringify(less));
    const { code, told } = await setup(['--yes']);
    expect([code, told]).toEqual([0, expect.stringMatching(/only at Cloudflare.*LATCHKEY_MASTER_KEYS/)]);
    // What Cloudflare has is never put again.
    expect(account.changes()).toEqual(['kv namespace create latchkey-vault --env production']);
    clone.write('.latchkey/secrets.production.json', all);
    account.secrets.clear();
    clone.write('.latchkey/secrets.production.json', JSON.stringify(less));
    const stopped = await setup(['--yes']);
    expect([stopped.code, stopped.told]).toEqual([
      1,
      expect.stringContaining('LATCHKEY_MASTER_KEYS nowhere: npm run latchkey -- init'),
    ]);
    expect(account.changes()).toHaveLength(1);
  });

  test('nothing is written into a project of another name, or with a key that is none', async () => {
    const { PROJECT_ID = '' } = inject('emulatorBindings');
    clone.write(
      'wrangler.toml',
      clone.read('wrangler.toml').replaceAll(PROJECT_ID, 'project-test-9f8e7d6c-0000-4000-8000-000000000009'),
    );
    const other = await setup(['--yes']);
    expect([other.code, other.told]).toEqual([1, expect.stringContaining(`name ${PROJECT_ID}, and the`)]);
    const call = (env: Record<string, string>, args = SLUGS) =>
      callLatchkey(['setup', '--yes', ...args], { folder: clone.folder, wrangler: account.wrangler, env });
    const key = {
      STYTCH_WORKSPACE_KEY_ID: 'x',
      STYTCH_WORKSPACE_KEY_SECRET: 'y',
      STYTCH_MANAGEMENT_URL: url,
    };
    const wrong = await call(key);
    expect([wrong.code, wrong.told]).toEqual([1, expect.stringContaining('unauthorized_credentials')]);
    expect((await call({ ...key, STYTCH_MANAGEMENT_URL: 'http://example.com' })).code).toBe(2);
    expect((await call(key, [])).code).toBe(2);
    expect((await call({}, SLUGS)).code).toBe(2);
    expect([account.changes(), await puts()]).toEqual([[], 0]);
  });

  test('whoever is not logged in, or into another account, is told what to do', async () => {
    // Wrangler itself, in its own words, without an account.
    const stranger = await clone.node(['cli/index.ts', 'setup', '--yes']);
    expect([stranger.code, stranger.stdout]).toEqual([1, '']);
    expect(stranger.stderr).toMatch(
      /^wrangler kv namespace list failed: .*CLOUDFLARE_API_TOKEN[\s\S]*\nLog in with `npx wrangler login`/m,
    );
    clone.write('wrangler.toml', clone.read('wrangler.toml').replaceAll('0'.repeat(32), 'b'.repeat(32)));
    const elsewhere = await setup(['--yes']);
    expect([elsewhere.code, elsewhere.told]).toEqual([
      1,
      expect.stringContaining('is not in this Cloudflare account'),
    ]);
    expect(account.changes()).toEqual([]);
  });
});

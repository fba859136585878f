import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { callLatchkey, somebody } from './recorder.ts';
import { memberOf, newUser, type Stage, startStage, statusWith } from './stage.ts';

vi.setConfig({ testTimeout: 120_000 });

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage?.stop());

const latchkey = (args: readonly string[], more: Parameters<typeof callLatchkey>[1] = {}) =>
  callLatchkey([...args, ...stage.asOperator], { env: stage.env, ...more });

const userId = async (): Promise<string> => (await newUser(stage.stytch)).id;

const issue = async (user: string, ...more: readonly string[]) => {
  const called = await latchkey([
    ...['keys', 'issue', '--user', user, '--name', 'Nightly job', '--scope', 'items:read', ...more],
  ]);
  expect(called.code).toBe(0);
  return { ...called, key: called.said, keyId: called.said.slice(0, called.said.lastIndexOf('_')) };
};

/** Let in, to an origin that is not there. */
const ADMITTED = 502;

describe('latchkey keys issue', () => {
  test('shows the key alone on stdout, and it works', async () => {
    const { key, keyId, told } = await issue(await userId());
    expect(key).toMatch(/^acme_test_[0-9A-Za-z]{28}_[0-9A-Za-z]{61}$/);
    expect(told).toBe(`"Nightly job", ${keyId}, may items:read. It is shown this once.`);
    expect(await statusWith(stage, key)).toBe(ADMITTED);
  });

  test('takes a time, a limit, addresses and a description, and says all of it as JSON', async () => {
    const user = await userId();
    const { said, told } = await issue(
      user,
      ...['--json', '--quiet', '--scope', 'admin:all'],
      ...[
        ...['--expires', '90d', '--limit', '100/60', '--ip', '192.0.2.0/24', '--ip', '2001:db8::1'],
        ...['--description', 'Each night at two'],
      ],
    );
    expect(told).toBe('');
    expect(JSON.parse(said)).toMatchObject({
      ...{ name: 'Nightly job', description: 'Each night at two', scopes: ['items:read', 'admin:all'] },
      ...{ limit: { requests: 100, per_seconds: 60 }, ip_allowlist: ['192.0.2.0/24', '2001:db8::1'] },
      ...{ owner: { kind: 'user', id: user }, key: expect.stringMatching(/^acme_test_/) },
    });
    const days = (Date.parse(String(memberOf(said, 'expires_at'))) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThanOrEqual(90);
  });

  test('a repeat under the same Idempotency-Key makes no second key, and says what to do', async () => {
    const user = await userId();
    const { keyId } = await issue(user, '--idempotency-key', 'order-4711');
    const again = await latchkey([
      ...['keys', 'issue', '--user', user, '--name', 'Nightly job', '--scope', 'items:read'],
      ...['--idempotency-key', 'order-4711'],
    ]);
    expect([again.code, again.said]).toEqual([1, '']);
    expect(again.told).toContain(`${keyId} was made by this request before`);
    const { said } = await latchkey(['keys', 'list', '--user', user, '--json']);
    expect(memberOf(said, 'data')).toHaveLength(1);
  });

  test('a refusal is the problem’s detail, with its code and request id; as JSON too', async () => {
    const user = await userId();
    const args = ['keys', 'issue', '--user', user, '--name', 'n', '--scope', 'items:sell'];
    const refused = await latchkey(args);
    expect([refused.code, refused.said]).toEqual([1, '']);
    expect(refused.told).toMatch(/items:sell.* \(scope_not_grantable, request id [A-Za-z0-9_-]{8,64}\)$/);
    const { code, said } = await latchkey([...args, '--json']);
    expect([code, JSON.parse(said)]).toEqual([
      1,
      { error: expect.objectContaining({ status: 403, code: 'scope_not_grantable' }) },
    ]);
  });
});

describe('latchkey keys list', () => {
  test('is a table for people', async () => {
    const user = await userId();
    expect((await latchkey(['keys', 'list', '--user', user])).said).toBe('No keys.');
    const first = await issue(user, '--scope', 'items:write');
    await issue(user);
    await statusWith(stage, first.key);
    const { code, said, told } = await latchkey(['keys', 'list', '--user', user, '--sort', 'name']);
    const [head = '', ...rows] = said.split('\n');
    expect([code, told]).toEqual([0, '']);
    expect(head.split(/ {2,}/)).toEqual(['NAME', 'KEY ID', 'SCOPES', 'STATUS', 'LAST USED']);
    expect(rows.map((row) => row.split(/ {2,}/).slice(0, 4))).toContainEqual([
      ...['Nightly job', first.keyId, 'items:read items:write', 'active'],
    ]);
    // Aligned: every column begins where its head does.
    for (const name of ['KEY ID', 'SCOPES', 'STATUS', 'LAST USED'])
      for (const row of rows) expect(row.slice(head.indexOf(name) - 2, head.indexOf(name))).toBe('  ');
    expect(said).not.toContain(first.key);
  });

  test('an organisation is an owner like any other', async () => {
    const id = 'organization-test-00000000-0000-4000-8000-000000000000';
    const { code, said } = await latchkey(['keys', 'list', '--organization', id, '--json']);
    expect([code, JSON.parse(said)]).toEqual([0, { data: [] }]);
  });
});

describe('latchkey keys revoke', () => {
  test('asks first, says by when, and the key is dead', async () => {
    const user = await userId();
    const { key, keyId } = await issue(user);
    expect(await statusWith(stage, key)).toBe(ADMITTED);
    const no = somebody(false);
    const denied = await latchkey(['keys', 'revoke', keyId], { person: no });
    expect(denied).toEqual({ code: 1, said: '', told: 'Nothing was done.' });
    expect(no.asked).toEqual([
      expect.stringMatching(`^Revoke "Nightly job" of ${user} \\(active, last used `),
    ]);
    expect(await statusWith(stage, key)).toBe(ADMITTED);

    const { code, said } = await latchkey(['keys', 'revoke', keyId], { person: somebody(true) });
    expect(code).toBe(0);
    const [, at = ''] = /^acme_test_\w+ is revoked, and dead everywhere at (.+Z)\.$/.exec(said) ?? [];
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(at)), 20_000);
    expect(await statusWith(stage, key)).toBe(401);
  });

  test('without anybody to ask it says what it would do, ends with 2, and does not', async () => {
    const { key, keyId } = await issue(await userId());
    const { code, said, told } = await latchkey(['keys', 'revoke', keyId]);
    expect([code, said]).toEqual([2, '']);
    expect(told).toMatch(/^Revoke "Nightly job" of .*: say --yes to have it done\. Nothing was\.$/);
    expect(await statusWith(stage, key)).toBe(ADMITTED);
  });

  test('all of an owner’s, by --yes, and nobody else’s', async () => {
    const [user, other] = [await userId(), await userId()];
    for (let i = 0; i < 3; i++) await issue(user);
    const kept = await issue(other);
    const { code, said } = await latchkey(['keys', 'revoke', '--all', '--user', user, '--yes', '--json']);
    expect([code, JSON.parse(said)]).toEqual([0, { revoked: 3, effective_by: expect.stringMatching(/Z$/) }]);
    expect((await latchkey(['keys', 'list', '--user', user])).said).toBe('No keys.');
    expect((await latchkey(['keys', 'list', '--user', user, '--status', 'all'])).said).toContain('revoked');
    expect((await latchkey(['keys', 'list', '--user', other])).said).toContain(kept.keyId);
  });

  test('a key that is not there is the Desk’s 404', async () => {
    const { code, told } = await latchkey(['keys', 'revoke', `acme_test_${'0'.repeat(28)}`, '--yes']);
    expect(code).toBe(1);
    expect(told).toContain('(not_found, request id ');
  });

  test('a whole key is taken for no id: it is sent nowhere, and not repeated', async () => {
    const { key } = await issue(await userId());
    const called = await callLatchkey(['keys', 'revoke', key, '--yes', '--desk', 'http://127.0.0.1:9'], {
      env: { LATCHKEY_OPERATOR_TOKEN: 'any' },
    });
    expect(called.code).toBe(2);
    expect(called.told).toContain('a whole key and not its id');
    expect(called.told).not.toContain(key.slice(-17));
    expect(await statusWith(stage, key)).toBe(ADMITTED);
  });
});

describe('called wrongly', () => {
  const who = ['--user', 'user-test-1'];
  const made = ['keys', 'issue', ...who, '--name', 'n', '--scope', 's'];
  test.each<[string, readonly string[], string]>([
    ['a list of nobody', ['keys', 'list'], 'Say whose'],
    ['two owners', ['keys', 'list', ...who, '--organization', 'organization-1'], 'not both'],
    ['a user that is none', ['keys', 'list', '--user', 'ada@example.com'], '--user is the id'],
    ['an organisation that is none', ['keys', 'list', '--organization', 'acme'], '--organization is the id'],
    ['a status that is none', ['keys', 'list', ...who, '--status', 'dead'], '--status is active, rotating'],
    ['an order that is none', ['keys', 'list', ...who, '--sort', 'size'], '--sort is created'],
    ['a key without a name', ['keys', 'issue', ...who, '--scope', 's'], 'Say --name'],
    ['a key without a scope', ['keys', 'issue', ...who, '--name', 'n'], 'at least one --scope'],
    ['an end that is none', [...made, '--expires', 'soon'], '--expires is 90d'],
    ['a limit that is none', [...made, '--limit', '100'], '--limit is REQUESTS/SECONDS'],
    ['a revocation of nothing', ['keys', 'revoke'], 'Say one KEY_ID, or --all.'],
    ['a revocation of two', ['keys', 'revoke', 'a', 'b'], 'Say one KEY_ID, or --all.'],
    ['of one and all', ['keys', 'revoke', 'a', '--all', ...who], 'Say one KEY_ID, or --all.'],
    ['of all of nobody', ['keys', 'revoke', '--all'], 'Say whose'],
  ])('%s ends with 2 and asks nobody', async (_, args, says) => {
    const called = await callLatchkey([...args, '--desk', 'http://127.0.0.1:9'], {
      env: { LATCHKEY_OPERATOR_TOKEN: 'any' },
    });
    expect([called.code, called.said]).toEqual([2, '']);
    expect(called.told).toContain(says);
    expect(called.told).not.toContain('does not answer');
  });

  test('a Desk that is not there is said to be silent', async () => {
    const called = await callLatchkey(['keys', 'list', ...who, '--desk', 'http://127.0.0.1:9'], {
      env: { LATCHKEY_OPERATOR_TOKEN: 'any' },
    });
    expect(called).toMatchObject({ code: 1, told: expect.stringContaining('does not answer') });
  });
});

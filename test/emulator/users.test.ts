import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, claimsOf, headerOf, PROJECT_ID, refusal, startEmulator } from './emulator.ts';

const ADA_ID = 'user-test-ada00000-0000-4000-8000-000000000001';
const MINUTES = { session_duration_minutes: 60 };

let emulator: Awaited<ReturnType<typeof startEmulator>>;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.server.close());
beforeEach(() => emulator.door('POST', 'reset'));

const signIn = (rest: object = MINUTES) => emulator.stytch.passwords.authenticate({ ...ADA, ...rest });
const advance = (advanceSeconds: number) => emulator.door('POST', 'clock', { advanceSeconds });
const sessions = () => emulator.stytch.sessions;
const users = () => emulator.stytch.users;

describe('users', () => {
  test('a created user is found by id and by external_id, flat in the envelope', async () => {
    const made = await users().create({
      email: 'new@example.com',
      external_id: 'mine-1',
      trusted_metadata: { a: 1 },
    });
    expect(made).toMatchObject({ status: 'active', user: { user_id: made.user_id, roles: ['stytch_user'] } });
    expect(made.email_id).toMatch(/^email-test-/);
    for (const user_id of [made.user_id, 'mine-1']) {
      const { request_id: _, status_code, ...user } = await users().get({ user_id });
      expect([status_code, user]).toEqual([200, made.user]);
    }
  });

  test('an e-mail address or external_id that is taken is refused', async () => {
    expect(await refusal(users().create({ email: 'ADA@example.com' }))).toMatchObject({
      error_type: 'duplicate_email',
    });
    await users().update({ user_id: ADA_ID, external_id: 'mine-1' });
    expect(await refusal(users().create({ external_id: 'mine-1' }))).toMatchObject({
      error_type: 'duplicate_external_id',
    });
  });

  test('an update changes what it names', async () => {
    const { user } = await users().update({
      ...{ user_id: ADA_ID, roles: ['admin'], name: { first_name: 'Augusta' } },
      trusted_metadata: { a: 1 },
    });
    expect(user).toMatchObject({
      ...{ roles: ['admin', 'stytch_user'], trusted_metadata: { a: 1 } },
      name: { first_name: 'Augusta', last_name: 'Example' },
    });
    const { user: again } = await users().update({
      user_id: ADA_ID,
      trusted_metadata: { a: null, b: 2 },
    } as never);
    expect(again).toEqual({ ...user, trusted_metadata: { b: 2 } });
  });

  test('users are searched by e-mail address and by id', async () => {
    const by = async (filter_name: string, filter_value: unknown) => {
      const operands = [{ filter_name, filter_value }];
      return (await users().search({ query: { operator: 'AND', operands } } as never)).results.map(
        (user) => user.user_id,
      );
    };
    expect(await by('email_address', ['ada@example.com'])).toEqual([ADA_ID]);
    expect(await by('user_id', [ADA_ID, 'user-test-none'])).toEqual([ADA_ID]);
    expect((await users().search({})).results_metadata.total).toBe(2);
  });

  test('a deleted user is gone with every session', async () => {
    const { session_token } = await signIn();
    await users().delete({ user_id: ADA_ID });
    expect(await refusal(users().get({ user_id: ADA_ID }))).toMatchObject({
      ...{ status_code: 404, error_type: 'user_not_found', error_message: 'User could not be found.' },
    });
    expect(await refusal(sessions().authenticate({ session_token }))).toMatchObject({
      error_type: 'session_not_found',
    });
    expect(await refusal(signIn())).toMatchObject({ error_type: 'email_not_found' });
  });
});

describe('passwords', () => {
  test('without session_duration_minutes there is no session', async () => {
    expect(await signIn({})).toMatchObject({
      ...{ user_id: ADA_ID, session_token: '', session_jwt: '', session: null },
      user: { emails: [{ email: 'ada@example.com', verified: true }] },
    });
  });

  const refused: readonly (readonly [object, number, string, string])[] = [
    [{ password: 'wrong' }, 401, 'unauthorized_credentials', 'Unauthorized credentials.'],
    [{ email: 'nobody@example.com' }, 404, 'email_not_found', 'Email could not be found.'],
    [{ session_duration_minutes: 4 }, 400, 'invalid_session_duration', expect.any(String)],
  ];
  test.each(refused)('%o is refused', async (fields, status_code, error_type, error_message) => {
    expect(await refusal(signIn(fields))).toMatchObject({ status_code, error_type, error_message });
  });

  test('a user without a password, or who must reset it, does not get in', async () => {
    await users().create({ email: 'bare@example.com' });
    const bare = emulator.stytch.passwords.authenticate({ email: 'bare@example.com', password: 'x' });
    expect(await refusal(bare)).toMatchObject({ error_type: 'no_user_password' });
    await emulator.door('POST', 'seed', { users: [{ ...ADA, requires_reset: true }] });
    expect(await refusal(signIn())).toMatchObject({ error_type: 'reset_password' });
    expect(await refusal(signIn({ password: 'wrong' }))).toMatchObject({
      error_type: 'unauthorized_credentials',
    });
  });

  test('the tenth failure locks the user for an hour, the right password included', async () => {
    for (let failed = 1; failed < 10; failed++) {
      expect(await refusal(signIn({ password: 'wrong' }))).toMatchObject({
        error_type: 'unauthorized_credentials',
      });
    }
    const locked = { status_code: 429, error_type: 'user_lock_limit_reached' };
    expect(await refusal(signIn({ password: 'wrong' }))).toMatchObject(locked);
    expect(await refusal(signIn())).toMatchObject(locked);
    const { is_locked, lock_created_at, lock_expires_at } = await users().get({ user_id: ADA_ID });
    expect(is_locked).toBe(true);
    expect(Date.parse(lock_expires_at ?? '') - Date.parse(lock_created_at ?? '')).toBe(3_600_000);
    await advance(3601);
    await expect(signIn()).resolves.toMatchObject({ user: { is_locked: false } });
  });

  test('a success forgets the failures before it', async () => {
    for (let failed = 1; failed < 10; failed++) await refusal(signIn({ password: 'wrong' }));
    await signIn();
    expect(await refusal(signIn({ password: 'wrong' }))).toMatchObject({
      error_type: 'unauthorized_credentials',
    });
  });

  test('a new user can be made with a password', async () => {
    const made = await emulator.stytch.passwords.create({
      email: 'new@example.com',
      password: 'long enough',
      ...MINUTES,
    });
    expect(made.session?.user_id).toBe(made.user_id);
    const again = emulator.stytch.passwords.authenticate({
      email: 'new@example.com',
      password: 'long enough',
    });
    await expect(again).resolves.toMatchObject({ user_id: made.user_id });
  });
});

describe('a session', () => {
  test('its JWT has Stytch’s claims and lasts five minutes', async () => {
    const { session_jwt, session } = await signIn({
      ...MINUTES,
      session_custom_claims: { team: 'blue', sub: 'root' },
    });
    const claims = claimsOf(session_jwt);
    expect(headerOf(session_jwt)).toMatchObject({ alg: 'RS256', typ: 'JWT' });
    expect(claims).toEqual({
      ...{ sub: ADA_ID, iss: `stytch.com/${PROJECT_ID}`, aud: [PROJECT_ID], team: 'blue' },
      ...{ iat: claims.iat, nbf: claims.iat, exp: claims.iat + 300 },
      'https://stytch.com/session': {
        id: session?.session_id,
        started_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        last_accessed_at: expect.any(String),
        expires_at: expect.any(String),
        attributes: { ip_address: '', user_agent: '' },
        authentication_factors: [
          { type: 'password', delivery_method: 'knowledge', last_authenticated_at: expect.any(String) },
        ],
        roles: ['stytch_user'],
      },
    });
    expect(await sessions().authenticateJwtLocal({ session_jwt })).toMatchObject({
      ...{
        user_id: ADA_ID,
        session_id: session?.session_id,
        custom_claims: { team: 'blue' },
        roles: ['stytch_user'],
      },
    });
  });

  test('it is authenticated by token, by JWT, and by a JWT that is expired', async () => {
    await advance(-3000);
    const { session_token, session_jwt, session } = await signIn();
    await advance(3000);
    expect(await refusal(sessions().authenticateJwtLocal({ session_jwt }))).toMatchObject({
      code: 'jwt_invalid',
    });
    for (const named of [{ session_token }, { session_jwt }]) {
      const again = await sessions().authenticate(named);
      expect(again.session.session_id).toBe(session?.session_id);
      expect(again.session.expires_at).toBe(session?.expires_at);
      expect(again.session_token).toBe(session_token);
      await expect(sessions().authenticateJwtLocal(again)).resolves.toMatchObject({ user_id: ADA_ID });
    }
  });

  test('it ends when its time is over, and a duration extends it', async () => {
    const { session_token } = await signIn({ session_duration_minutes: 5 });
    await advance(299);
    await sessions().authenticate({ session_token, session_duration_minutes: 10 });
    await advance(599);
    await expect(sessions().authenticate({ session_token })).resolves.toMatchObject({ status_code: 200 });
    await advance(1);
    expect(await refusal(sessions().authenticate({ session_token }))).toMatchObject({
      error_type: 'session_not_found',
    });
  });

  test('a revoked one is not found, but its JWT still verifies locally', async () => {
    const { session_token, session_jwt } = await signIn();
    await sessions().revoke({ session_token });
    for (const named of [{ session_token }, { session_jwt }]) {
      expect(await refusal(sessions().authenticate(named))).toMatchObject({
        ...{
          status_code: 404,
          error_type: 'session_not_found',
          error_message: 'Session could not be found.',
        },
      });
    }
    await expect(sessions().authenticateJwtLocal({ session_jwt })).resolves.toMatchObject({
      user_id: ADA_ID,
    });
  });

  test('it can be revoked by its id and by its JWT', async () => {
    const [one, two] = [await signIn(), await signIn()];
    await sessions().revoke({ session_id: one.session?.session_id ?? '' });
    await sessions().revoke({ session_jwt: two.session_jwt });
    expect((await sessions().get({ user_id: ADA_ID })).sessions).toEqual([]);
  });

  test('the live ones of a user are listed', async () => {
    const one = await signIn({ session_duration_minutes: 5 });
    const two = await signIn();
    await advance(301);
    const { sessions: listed } = await sessions().get({ user_id: ADA_ID });
    expect(listed.map(({ session_id }) => session_id)).toEqual([two.session?.session_id]);
    expect(one.session?.session_id).not.toBe(two.session?.session_id);
    expect(await refusal(sessions().get({ user_id: 'user-test-none' }))).toMatchObject({
      error_type: 'user_not_found',
    });
  });

  test('a password can be added to one’s own session, and not to another’s', async () => {
    const { session_token, session } = await signIn();
    expect((await signIn({ ...MINUTES, session_token })).session?.session_id).toBe(session?.session_id);
    const grace = { email: 'grace@example.com', password: 'tin whistle copper kettle' };
    const call = emulator.stytch.passwords.authenticate({ ...grace, ...MINUTES, session_token });
    expect(await refusal(call)).toMatchObject({ error_type: 'session_not_found' });
  });

  test('custom claims are merged, null deletes, reserved ones are ignored', async () => {
    const { session_token } = await signIn({ ...MINUTES, session_custom_claims: { a: 1, b: 2 } });
    const change = { session_token, session_custom_claims: { a: null, c: 3, exp: 1 } };
    expect((await sessions().authenticate(change)).session.custom_claims).toEqual({ b: 2, c: 3 });
    const big = { session_token, session_custom_claims: { big: 'x'.repeat(4096) } };
    expect(await refusal(sessions().authenticate(big))).toMatchObject({ status_code: 400 });
  });

  const misnamed: readonly (readonly ['authenticate' | 'revoke', object, string])[] = [
    ['authenticate', {}, 'no_session_arguments'],
    ['authenticate', { session_token: 'a', session_jwt: 'b' }, 'too_many_session_arguments'],
    ['authenticate', { session_jwt: 'a.b.c' }, 'unable_to_parse_session_jwt'],
    ['revoke', {}, 'no_session_revoke_arguments'],
    ['revoke', { session_token: 'a', session_id: 'b' }, 'too_many_session_revoke_arguments'],
  ];
  test.each(misnamed)('%s of %o is refused', async (operation, named, error_type) => {
    expect(await refusal(sessions()[operation](named as never))).toMatchObject({
      status_code: 400,
      error_type,
    });
  });

  test('a forged JWT, and one that is no session, name no session', async () => {
    const { session_jwt } = await signIn();
    const claims = claimsOf(session_jwt);
    for (const wish of [{ signer: 'foreign' }, { signer: 'none' }, { signer: 'hmac' }]) {
      const { token } = await emulator.door('POST', 'tokens', { kind: 'empty', claims, ...wish });
      expect(await refusal(sessions().authenticate({ session_jwt: token }))).toMatchObject({
        error_type: 'unable_to_parse_session_jwt',
      });
    }
    const { token } = await emulator.door('POST', 'tokens', { kind: 'm2m' });
    expect(await refusal(sessions().authenticate({ session_jwt: token }))).toMatchObject({
      status_code: 400,
    });
  });

  test('an authorization check is answered by the policy of the side door', async () => {
    const { session_token } = await signIn();
    const authorization_check = { resource_id: 'document', action: 'read' };
    const call = () => sessions().authenticate({ session_token, authorization_check });
    expect(await refusal(call())).toMatchObject({
      ...{ status_code: 403, error_type: 'consumer_session_authorization_error' },
    });
    const roles = { stytch_user: [{ resource_id: 'document', actions: ['*'] }] };
    await emulator.door('PUT', 'policy', { roles });
    expect((await call()).verdict).toEqual({ authorized: true, granting_roles: ['stytch_user'] });
  });
});

describe('the public sandbox values', () => {
  test('the good token is the sandbox user’s session', async () => {
    const session_token = 'WJtR5BCy38Szd5AfoDpf0iqFKEt4EE5JhjlWUY7l3FtY';
    const { session, user, session_jwt } = await sessions().authenticate({ session_token });
    expect(session.session_id).toBe('session-test-eb94233f-8800-4ebd-8645-51dc15f9d028');
    expect(user.user_id).toBe('user-test-e3795c81-f849-4167-bfda-e4a6e9c280fd');
    expect(user.emails).toMatchObject([{ email: 'sandbox@stytch.com' }]);
    await expect(sessions().authenticateJwtLocal({ session_jwt })).resolves.toMatchObject({
      user_id: user.user_id,
    });
  });

  test('the bad token is no session', async () => {
    const session_token = '59cnLELtq5cFVS6uYK9f-pAWzBkhqZl8AvLhbhOvKNWw';
    expect(await refusal(sessions().authenticate({ session_token }))).toMatchObject({
      ...{ status_code: 404, error_type: 'session_not_found' },
      error_url: 'https://stytch.com/docs/api/errors/404#session_not_found',
    });
  });
});

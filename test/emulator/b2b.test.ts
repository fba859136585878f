import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ADA, claimsOf, LIN, PROJECT_ID, refusal, startEmulator } from './emulator.ts';

const ORGANIZATION_ID = 'organization-test-0a900000-0000-4000-8000-000000000003';
const MEMBER_ID = 'member-test-3e3be000-0000-4000-8000-000000000004';
const ROLES = ['stytch_member', 'stytch_admin'];

let emulator: Awaited<ReturnType<typeof startEmulator>>;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.server.close());
beforeEach(() => emulator.door('POST', 'reset'));

const signIn = (rest: object = {}) =>
  emulator.b2b.passwords.authenticate({ organization_id: ORGANIZATION_ID, ...LIN, ...rest });
const sessions = () => emulator.b2b.sessions;
const advance = (advanceSeconds: number) => emulator.door('POST', 'clock', { advanceSeconds });

test('a member signs in, for an hour unless another duration is wanted', async () => {
  const { member_session, member, organization, member_authenticated } = await signIn();
  expect(member_session).toMatchObject({
    ...{ member_id: MEMBER_ID, organization_id: ORGANIZATION_ID, organization_slug: 'example', roles: ROLES },
    authentication_factors: [{ type: 'password', delivery_method: 'knowledge' }],
  });
  const { started_at = '', expires_at = '' } = member_session ?? {};
  expect(Math.round((Date.parse(expires_at) - Date.parse(started_at)) / 60_000)).toBe(60);
  expect(member).toMatchObject({ member_id: MEMBER_ID, roles: ROLES.map((role_id) => ({ role_id })) });
  expect(organization).toMatchObject({ organization_id: ORGANIZATION_ID, organization_slug: 'example' });
  expect(member_authenticated).toBe(true);
});

test('the member session’s JWT names the organization', async () => {
  const { session_jwt, member_session } = await signIn();
  expect(claimsOf(session_jwt)).toMatchObject({
    ...{ sub: MEMBER_ID, iss: `stytch.com/${PROJECT_ID}`, aud: [PROJECT_ID] },
    'https://stytch.com/session': { id: member_session?.member_session_id, roles: ROLES },
    'https://stytch.com/organization': { organization_id: ORGANIZATION_ID, slug: 'example' },
  });
  await expect(sessions().authenticateJwtLocal({ session_jwt })).resolves.toMatchObject({
    ...{ member_id: MEMBER_ID, organization_id: ORGANIZATION_ID, roles: ROLES },
  });
});

test('a member session is authenticated by token and by an expired JWT', async () => {
  await advance(-600);
  const { session_token, session_jwt, member_session } = await signIn();
  await advance(600);
  for (const named of [{ session_token }, { session_jwt }]) {
    const again = await sessions().authenticate(named);
    expect(again.member_session.member_session_id).toBe(member_session?.member_session_id);
    expect(again.organization.organization_id).toBe(ORGANIZATION_ID);
  }
});

test('a member session is revoked by id, and every one by member', async () => {
  const [one, two, three] = [await signIn(), await signIn(), await signIn()];
  await sessions().revoke({ member_session_id: one.member_session?.member_session_id ?? '' });
  const authenticate = ({ session_token }: typeof one) => sessions().authenticate({ session_token });
  expect(await refusal(authenticate(one))).toMatchObject({
    status_code: 404,
    error_type: 'session_not_found',
  });
  await expect(authenticate(two)).resolves.toMatchObject({ status_code: 200 });
  await sessions().revoke({ member_id: MEMBER_ID });
  expect(await refusal(authenticate(two))).toMatchObject({ error_type: 'session_not_found' });
  expect(await refusal(authenticate(three))).toMatchObject({ error_type: 'session_not_found' });
});

test('a consumer session is none of a member, nor the reverse', async () => {
  const member = await signIn();
  const user = await emulator.stytch.passwords.authenticate({ ...ADA, session_duration_minutes: 5 });
  const missing = { error_type: 'session_not_found' };
  expect(await refusal(sessions().authenticate({ session_token: user.session_token }))).toMatchObject(
    missing,
  );
  const consumer = emulator.stytch.sessions.authenticate({ session_token: member.session_token });
  expect(await refusal(consumer)).toMatchObject(missing);
});

const refused: readonly (readonly [object, number, string])[] = [
  [{ password: 'wrong' }, 401, 'unauthorized_credentials'],
  [{ email_address: 'nobody@example.com' }, 404, 'email_not_found'],
  [{ organization_id: 'organization-test-none' }, 404, 'organization_not_found'],
];
test.each(refused)('a sign-in with %o is refused', async (fields, status_code, error_type) => {
  expect(await refusal(signIn(fields))).toMatchObject({ status_code, error_type });
});

test('an authorization check asks for the organization first, then for the policy', async () => {
  const { session_token } = await signIn();
  const call = (organization_id: string) => {
    const authorization_check = { organization_id, resource_id: 'document', action: 'read' };
    return sessions().authenticate({ session_token, authorization_check });
  };
  expect(await refusal(call('organization-test-other'))).toMatchObject({
    ...{ status_code: 403, error_type: 'session_authorization_tenancy_error' },
  });
  expect(await refusal(call(ORGANIZATION_ID))).toMatchObject({ error_type: 'session_authorization_error' });
  await emulator.door('PUT', 'policy', {
    roles: { stytch_admin: [{ resource_id: '*', actions: ['read'] }] },
  });
  expect((await call(ORGANIZATION_ID)).verdict).toEqual({
    authorized: true,
    granting_roles: ['stytch_admin'],
  });
});

test('a member is found by his address: first who has such a member, then the member there', async () => {
  const by = (...filter_value: string[]) => ({
    ...{ operator: 'AND', operands: [{ filter_name: 'member_emails' as const, filter_value }] },
  });
  const { organizations } = await emulator.b2b.organizations.search({
    query: by('lin@example.com', 'x@y.zz'),
  });
  expect(organizations).toMatchObject([{ organization_id: ORGANIZATION_ID, organization_slug: 'example' }]);
  const search = (query: ReturnType<typeof by>, ...organization_ids: string[]) =>
    emulator.b2b.organizations.members.search({ organization_ids, query });
  const found = await search(by('lin@example.com'), ORGANIZATION_ID);
  expect(found.members).toMatchObject([{ member_id: MEMBER_ID, email_address: 'lin@example.com' }]);
  expect(found.organizations[ORGANIZATION_ID]).toMatchObject({ organization_slug: 'example' });
  expect(found.results_metadata).toMatchObject({ total: 1 });
  for (const empty of [
    await search(by('grace@example.com'), ORGANIZATION_ID),
    await search(by('lin@example.com'), 'organization-test-none'),
  ])
    expect([empty.members, empty.organizations]).toEqual([[], {}]);
  expect(await refusal(search(by('lin@example.com')))).toMatchObject({ error_type: 'bad_request' });
  await emulator.b2b.organizations.members.delete({ organization_id: ORGANIZATION_ID, member_id: MEMBER_ID });
  expect((await search(by('lin@example.com'), ORGANIZATION_ID)).members).toEqual([]);
  const none = await emulator.b2b.organizations.search({ query: by('lin@example.com') });
  expect(none.organizations).toEqual([]);
});

test('a search by what the emulator does not know is refused, not answered with everybody', async () => {
  const operands = [{ filter_name: 'member_name', filter_value: ['Lin'] }];
  const query = { operator: 'AND', operands };
  const organization_ids = [ORGANIZATION_ID];
  const bad = { status_code: 400, error_type: 'bad_request' };
  expect(await refusal(emulator.b2b.organizations.search({ query }))).toMatchObject(bad);
  const members = emulator.b2b.organizations.members.search({ organization_ids, query });
  expect(await refusal(members)).toMatchObject(bad);
});

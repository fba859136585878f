import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createStytch, type StytchApi } from '../../src/stytch/client.ts';
import { ADA, LIN, PROJECT_ID, refusal, SECRET, startEmulator } from '../emulator/emulator.ts';

const CLIENT = {
  clientId: 'acme_test_AAAAAAAAAAAAAAAAABBBBBBBBBBB',
  clientSecret: 'a-secret-of-our-own-choosing-4711',
  name: 'A key',
  description: 'For the cron job',
  scopes: ['items:read', 'items:write'],
  trustedMetadata: { user_id: 'user-test-1' },
};
const { clientId, clientSecret, trustedMetadata, ...FIELDS } = CLIENT;
const AS_MADE = {
  clientId,
  ...FIELDS,
  trustedMetadata,
  status: 'active',
  lastFour: '4711',
  nextLastFour: null,
};

let emulator: Awaited<ReturnType<typeof startEmulator>>;
let stytch: StytchApi;
const connect = (vertical: 'consumer' | 'b2b'): StytchApi =>
  createStytch(
    { baseUrl: emulator.url.origin, projectId: PROJECT_ID, projectSecret: SECRET, vertical },
    { fetch: (url, init) => fetch(url, init), sleep: (ms) => sleep(ms / 100), random: Math.random },
  );
beforeAll(async () => {
  emulator = await startEmulator();
  stytch = connect('consumer');
});
afterAll(() => emulator.server.close());
beforeEach(async () => {
  await emulator.door('POST', 'reset', { seed: false });
  expect(await stytch.createClient(CLIENT)).toMatchObject({ outcome: 'answered' });
});

const answered = (value: unknown) => ({ outcome: 'answered', value });
/** The work is done, and its answer is lost. */
const loseAnswer = (endpoint: string, times = 1) =>
  emulator.door('POST', 'faults', { endpoint, kind: 'status', status: 502, effect: 'done', times });
const works = async (secret: string) => (await stytch.exchange(clientId, secret)).outcome === 'answered';
/** Begins a rotation, and gives its secret. */
const start = async (): Promise<string> => {
  const outcome = await stytch.startRotation(clientId);
  if (outcome.outcome !== 'answered' || outcome.value.rotation !== 'started') throw new Error('not started');
  return outcome.value.nextClientSecret;
};

describe('a client', () => {
  test('is read as it was made, and as it was changed', async () => {
    expect(await stytch.getClient(clientId)).toEqual(answered(AS_MADE));
    const change = { clientId, name: 'New', description: '', scopes: ['items:read'] };
    await stytch.updateClient({ ...change, status: 'inactive', trustedMetadata: { made_at: '2026' } });
    expect(await stytch.getClient(clientId)).toEqual(
      answered({
        ...{ ...AS_MADE, ...change, status: 'inactive' },
        trustedMetadata: { user_id: 'user-test-1', made_at: '2026' },
      }),
    );
    expect(await works(clientSecret)).toBe(false);
    await stytch.updateClient(change);
    expect(await stytch.getClient(clientId)).toMatchObject({ value: { status: 'inactive' } });
    await stytch.updateClient({ ...change, status: 'active' });
    expect(await works(clientSecret)).toBe(true);
  });

  test('that is not there is null, and no page of any search', async () => {
    await stytch.deleteClient(clientId);
    expect(await stytch.getClient(clientId)).toEqual(answered(null));
    expect(await stytch.searchClients({ cursor: null, limit: 10 })).toEqual(
      answered({ clients: [], nextCursor: null }),
    );
  });

  test('made elsewhere is read, whatever its id and however little is known of it', async () => {
    await emulator.door('PUT', 'switches', { unsetName: 'null', unsetMetadata: 'null' });
    const id = 'auth0|a/b?c#d e%2Fä';
    await emulator.api('POST', '/v1/m2m/clients', { client_id: id, scopes: [] });
    const bare = { clientId: id, name: '', description: '', scopes: [], trustedMetadata: {} };
    expect(await stytch.getClient(id)).toMatchObject(answered(bare));
    expect(await stytch.searchClients({ cursor: null, limit: 10, clientIds: [id] })).toMatchObject(
      answered({ clients: [bare], nextCursor: null }),
    );
  });
});

test('a search walks through all clients, and finds those of some ids', async () => {
  const ids = [clientId];
  for (let at = 0; at < 9; at++) {
    ids.push(`client-${at}`);
    await stytch.createClient({ ...CLIENT, clientId: `client-${at}` });
  }
  const met: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await stytch.searchClients({ cursor, limit: 4 });
    if (page.outcome !== 'answered') throw new Error(page.outcome);
    met.push(...page.value.clients.map((client) => client.clientId));
    cursor = page.value.nextCursor;
  } while (cursor !== null);
  expect(met).toEqual(ids.toReversed());
  const some = await stytch.searchClients({
    cursor: null,
    limit: 4,
    clientIds: ['client-3', 'none', clientId],
  });
  expect(some).toMatchObject(answered({ clients: [{ clientId: 'client-3' }, AS_MADE], nextCursor: null }));
});

test('a page of 250 clients is read whole', async () => {
  const description = 'x'.repeat(1_000);
  const create = (at: number) => stytch.createClient({ ...CLIENT, clientId: `client-${at}`, description });
  for (let at = 0; at < 250; at += 50)
    await Promise.all(Array.from({ length: 50 }, (_, one) => create(at + one)));
  const page = await stytch.searchClients({ cursor: null, limit: 250 });
  expect(page).toMatchObject(answered({ nextCursor: expect.any(String) }));
  expect(page.outcome === 'answered' && page.value.clients).toHaveLength(250);
});

describe('a rotation', () => {
  test('adds a secret; both work until it is finished, and then the new one alone', async () => {
    const next = await start();
    expect(await stytch.getClient(clientId)).toMatchObject({
      value: { lastFour: '4711', nextLastFour: next.slice(-4) },
    });
    expect([await works(clientSecret), await works(next)]).toEqual([true, true]);
    expect(await stytch.finishRotation(clientId)).toEqual(answered('ended'));
    expect([await works(clientSecret), await works(next)]).toEqual([false, true]);
    expect(await stytch.getClient(clientId)).toMatchObject({
      value: { lastFour: next.slice(-4), nextLastFour: null },
    });
  });

  test('that is cancelled leaves the old secret alone', async () => {
    const next = await start();
    expect(await stytch.cancelRotation(clientId)).toEqual(answered('ended'));
    expect([await works(clientSecret), await works(next)]).toEqual([true, false]);
  });

  test.each([400, 409, 422])(
    'tells what there is to tell, by whatever status: %i',
    async (m2mErrorStatus) => {
      await emulator.door('PUT', 'switches', { m2mErrorStatus });
      expect(await stytch.finishRotation(clientId)).toEqual(answered('not_rotating'));
      expect(await stytch.cancelRotation(clientId)).toEqual(answered('not_rotating'));
      await start();
      expect(await stytch.startRotation(clientId)).toEqual(answered({ rotation: 'running' }));
      await stytch.deleteClient(clientId);
      expect(await stytch.startRotation(clientId)).toEqual(answered({ rotation: 'no_client' }));
      expect(await stytch.finishRotation(clientId)).toEqual(answered('no_client'));
      expect(await stytch.cancelRotation(clientId)).toEqual(answered('no_client'));
    },
  );

  test.each(['finishRotation', 'cancelRotation'] as const)(
    'whose %s is done and whose answer is lost, twice, was ended',
    async (method) => {
      const next = await start();
      await loseAnswer(method === 'finishRotation' ? 'm2m.rotate' : 'm2m.rotate.cancel', 2);
      expect(await stytch[method](clientId)).toEqual(answered('ended'));
      expect(await works(method === 'finishRotation' ? next : clientSecret)).toBe(true);
    },
  );

  test('whose secret is lost on its way was begun once, and can be cancelled', async () => {
    await loseAnswer('m2m.rotate.start');
    expect(await stytch.startRotation(clientId)).toMatchObject({ outcome: 'unreachable' });
    expect((await emulator.door('GET', 'counters')).calls['m2m.rotate.start']).toBe(1);
    expect(await stytch.startRotation(clientId)).toEqual(answered({ rotation: 'running' }));
    expect(await stytch.cancelRotation(clientId)).toEqual(answered('ended'));
    expect(await works(await start())).toBe(true);
  });
});

/** What the emulator is born with. */
const USER_ID = 'user-test-ada00000-0000-4000-8000-000000000001';
const MEMBER_ID = 'member-test-3e3be000-0000-4000-8000-000000000004';
const ORGANIZATION_ID = 'organization-test-0a900000-0000-4000-8000-000000000003';

describe.each(['consumer', 'b2b'] as const)('people of a %s project', (vertical) => {
  const isB2b = vertical === 'b2b';
  let people: StytchApi;
  beforeAll(() => {
    people = connect(vertical);
  });
  beforeEach(() => emulator.door('POST', 'reset'));

  const signIn = async () => {
    const session_duration_minutes = 60;
    const signedIn = isB2b
      ? await emulator.b2b.passwords.authenticate({
          ...{ ...LIN, organization_id: ORGANIZATION_ID, session_duration_minutes },
        })
      : await emulator.stytch.passwords.authenticate({ ...ADA, session_duration_minutes });
    return signedIn.session_token;
  };

  test('a session that is ended is over, for Stytch too; to end it again is to have ended it', async () => {
    const [token, other] = [await signIn(), await signIn()];
    expect(await people.authenticateSession(token, Date.now())).toMatchObject({
      value: { owner: { id: isB2b ? MEMBER_ID : USER_ID } },
    });
    for (const each of [token, token, 'x'.repeat(44)])
      expect(await people.revokeSession(each)).toEqual(answered('ended'));
    expect(await people.authenticateSession(token, Date.now())).toEqual(answered(null));
    expect(await people.authenticateSession(other, Date.now())).toMatchObject({ outcome: 'answered' });
    const asked = isB2b
      ? emulator.b2b.sessions.authenticate({ session_token: token })
      : emulator.stytch.sessions.authenticate({ session_token: token });
    expect(await refusal(asked)).toMatchObject({ error_type: 'session_not_found' });
  });

  test('a session whose end is done and told to nobody is ended', async () => {
    const token = await signIn();
    await loseAnswer(isB2b ? 'b2b.sessions.revoke' : 'sessions.revoke');
    expect(await people.revokeSession(token)).toEqual(answered('ended'));
    expect(await people.authenticateSession(token, Date.now())).toEqual(answered(null));
  });

  test('somebody is found by his address, however it is written', async () => {
    const { email } = isB2b ? { email: LIN.email_address } : ADA;
    const owner = isB2b
      ? { kind: 'member', id: MEMBER_ID, organizationId: ORGANIZATION_ID }
      : { kind: 'user', id: USER_ID, organizationId: null };
    for (const spelled of [email, email.toUpperCase()])
      expect(await people.findUsers(spelled)).toEqual(answered([{ owner, email }]));
    expect(await people.findUsers('nobody@example.com')).toEqual(answered([]));
  });
});

import { describe, expect, it } from 'vitest';
import { answer, BASIC, headersOf, SILENCES, stytch, stytchError, timeout } from './wires.ts';

const CLIENTS = 'https://test.stytch.test/v1/m2m/clients';
const AS_PROJECT = { authorization: BASIC, 'content-type': 'application/json' };
const CLIENT = {
  clientId: 'acme_test_1',
  clientSecret: 'the-secret',
  name: 'A key',
  description: '',
  scopes: ['items:read'],
  trustedMetadata: { user_id: 'user-test-1' },
};
const CREATED = { m2m_client: { client_id: 'acme_test_1', client_secret: 'the-secret' }, status_code: 200 };
/** A client as Stytch shows it. */
const SHOWN = {
  client_id: 'acme_test_1',
  client_name: 'A key',
  client_description: 'For the cron job',
  status: 'active',
  scopes: ['items:read', 'items:write'],
  client_secret_last_four: 'abcd',
  trusted_metadata: { user_id: 'user-test-1', made_at: '2026-11-26T00:00:00Z', deep: { a: [1] } },
  next_client_secret_last_four: null,
};
const READ = {
  clientId: 'acme_test_1',
  name: 'A key',
  description: 'For the cron job',
  status: 'active',
  scopes: ['items:read', 'items:write'],
  lastFour: 'abcd',
  trustedMetadata: SHOWN.trusted_metadata,
  nextLastFour: null,
};
const GONE = () => stytchError('m2m_client_not_found', 404);

/** A client without one of its fields. */
const without = (field: keyof typeof SHOWN) =>
  Object.fromEntries(Object.entries(SHOWN).filter(([name]) => name !== field));

/** Ways in which a client is none that we understand. */
const ODD_CLIENTS = [
  ...(['client_id', 'client_name', 'client_description', 'status', 'scopes'] as const).map(
    (field) => [`no ${field}`, without(field)] as const,
  ),
  ['no last four', without('client_secret_last_four')],
  ['an empty id', { ...SHOWN, client_id: '' }],
  ['an unknown status', { ...SHOWN, status: 'suspended' }],
  ['scopes in one text', { ...SHOWN, scopes: 'items:read items:write' }],
  ['a scope that is no text', { ...SHOWN, scopes: ['items:read', 7] }],
  ['metadata in a list', { ...SHOWN, trusted_metadata: ['user-test-1'] }],
  ['a last four that is a number', { ...SHOWN, client_secret_last_four: 1234 }],
] as const;

describe('createClient', () => {
  it('sends what was chosen, as the project', async () => {
    const { api, sent } = stytch(answer(CREATED));
    expect(await api.createClient(CLIENT)).toEqual({ outcome: 'answered', value: { created: true } });
    expect([sent[0]?.url, sent[0]?.init.method]).toEqual([CLIENTS, 'POST']);
    expect(headersOf(sent[0])).toEqual(AS_PROJECT);
    expect(JSON.parse(String(sent[0]?.init.body))).toEqual({
      client_id: 'acme_test_1',
      client_secret: 'the-secret',
      client_name: 'A key',
      client_description: '',
      scopes: ['items:read'],
      trusted_metadata: { user_id: 'user-test-1' },
    });
  });

  it('whose id is taken at the first try was declined: the client is somebody else', async () => {
    const { api } = stytch(stytchError('duplicate_m2m_client_id', 400));
    expect(await api.createClient(CLIENT)).toMatchObject({
      outcome: 'declined',
      code: 'duplicate_m2m_client_id',
    });
  });

  it.each([
    ['silence', timeout()],
    ['an answer that was not understood', answer('<html>')],
    ['an answer for another client', answer({ m2m_client: { client_id: 'other' } })],
    ['a 502', answer('', 502)],
  ])('whose id is taken after %s was created by the first try', async (_, first) => {
    const { api } = stytch(first, stytchError('duplicate_m2m_client_id', 400));
    expect(await api.createClient(CLIENT)).toEqual({ outcome: 'answered', value: { created: true } });
  });

  it('is declined after silence for any other reason', async () => {
    const { api } = stytch(timeout(), stytchError('too_many_m2m_client_scopes', 400));
    expect(await api.createClient(CLIENT)).toMatchObject({ code: 'too_many_m2m_client_scopes' });
  });

  it('sends the very same body each time', async () => {
    const { api, sent } = stytch(timeout(), timeout(), timeout());
    expect((await api.createClient(CLIENT)).outcome).toBe('unreachable');
    expect([sent.length, new Set(sent.map(({ init }) => init.body)).size]).toEqual([3, 1]);
  });
});

describe('updateClient', () => {
  const { clientId, name, scopes } = CLIENT;
  const CHANGE = { clientId, name, description: 'New', scopes };
  const CHANGED = () => answer({ m2m_client: SHOWN, status_code: 200 });

  it('sends what a key always has, and of the rest nothing', async () => {
    const { api, sent } = stytch(CHANGED());
    expect(await api.updateClient(CHANGE)).toEqual({ outcome: 'answered', value: { existed: true } });
    expect([sent[0]?.url, sent[0]?.init.method]).toEqual([`${CLIENTS}/acme_test_1`, 'PUT']);
    expect(headersOf(sent[0])).toEqual(AS_PROJECT);
    expect(JSON.parse(String(sent[0]?.init.body))).toEqual({
      client_name: 'A key',
      client_description: 'New',
      scopes: ['items:read'],
    });
  });

  it('sends status and metadata where they are given', async () => {
    const { api, sent } = stytch(CHANGED());
    await api.updateClient({ ...CHANGE, status: 'inactive', trustedMetadata: { user_id: 'user-test-2' } });
    expect(JSON.parse(String(sent[0]?.init.body))).toMatchObject({
      status: 'inactive',
      trusted_metadata: { user_id: 'user-test-2' },
    });
  });

  it('of a client that is not there tells so', async () => {
    const { api } = stytch(GONE());
    expect(await api.updateClient(CHANGE)).toEqual({ outcome: 'answered', value: { existed: false } });
  });

  it('is declined for any other reason', async () => {
    const { api } = stytch(stytchError('invalid_m2m_client_status', 400));
    expect(await api.updateClient(CHANGE)).toEqual({
      ...{ outcome: 'declined', status: 400, code: 'invalid_m2m_client_status' },
    });
  });

  it.each([
    ...SILENCES,
    ['another client', () => answer({ m2m_client: { ...SHOWN, client_id: 'x' } })],
  ] as const)('answered with %s is made again, three times in all', async (_, deed) => {
    const { api, sent } = stytch(deed(), deed(), deed());
    expect((await api.updateClient(CHANGE)).outcome).toBe('unreachable');
    expect([sent.length, new Set(sent.map(({ init }) => init.body)).size]).toEqual([3, 1]);
  });
});

describe('deleteClient', () => {
  it('names the client in the path, escaped', async () => {
    const { api, sent } = stytch(answer({ client_id: 'a/b?c', status_code: 200 }));
    expect(await api.deleteClient('a/b?c')).toEqual({ outcome: 'answered', value: { existed: true } });
    expect(sent[0]).toMatchObject({
      url: `${CLIENTS}/a%2Fb%3Fc`,
      init: { method: 'DELETE', body: '{}' },
    });
  });

  it.each([
    ['that was never there', [GONE()], false],
    ['that was deleted by the try before', [timeout(), GONE()], true],
    ['that was deleted after two tries', [timeout(), answer('', 503), answer({ client_id: 'x' })], true],
  ])('of a client %s is done', async (_, deeds, existed) => {
    expect(await stytch(...deeds).api.deleteClient('x')).toEqual({ outcome: 'answered', value: { existed } });
  });

  it('twice is no error', async () => {
    const { api } = stytch(answer({ client_id: 'x' }), GONE());
    expect((await api.deleteClient('x')).outcome).toBe('answered');
    expect((await api.deleteClient('x')).outcome).toBe('answered');
  });

  it('is not done because some page was not found', async () => {
    const { api } = stytch(stytchError('route_not_found', 404));
    expect(await api.deleteClient('x')).toMatchObject({ outcome: 'declined', code: 'route_not_found' });
  });
});

describe('getClient', () => {
  const shown = (client: unknown) => answer({ m2m_client: client, status_code: 200 });

  it('reads a client as the project, and sends no body', async () => {
    const { api, sent } = stytch(shown(SHOWN));
    expect(await api.getClient('acme_test_1')).toEqual({ outcome: 'answered', value: READ });
    expect([sent[0]?.url, sent[0]?.init.method]).toEqual([`${CLIENTS}/acme_test_1`, 'GET']);
    expect(headersOf(sent[0])).toEqual(AS_PROJECT);
    expect(sent[0]?.init).not.toHaveProperty('body');
  });

  it('names the client in the path, escaped', async () => {
    const { api, sent } = stytch(shown({ ...SHOWN, client_id: 'auth0|a/b?c#d' }));
    expect(await api.getClient('auth0|a/b?c#d')).toMatchObject({ value: { clientId: 'auth0|a/b?c#d' } });
    expect(sent[0]?.url).toBe(`${CLIENTS}/auth0%7Ca%2Fb%3Fc%23d`);
  });

  it('reads the last four of both secrets while a rotation runs', async () => {
    const { api } = stytch(shown({ ...SHOWN, next_client_secret_last_four: 'wxyz' }));
    expect(await api.getClient('acme_test_1')).toMatchObject({
      value: { lastFour: 'abcd', nextLastFour: 'wxyz' },
    });
  });

  it.each([
    [
      'a name and a description of null',
      { client_name: null, client_description: null },
      { name: '', description: '' },
    ],
    ['metadata of null', { trusted_metadata: null }, { trustedMetadata: {} }],
    ['no metadata', { trusted_metadata: undefined }, { trustedMetadata: {} }],
    ['no word on a rotation', { next_client_secret_last_four: undefined }, { nextLastFour: null }],
    ['the status inactive', { status: 'inactive' }, { status: 'inactive' }],
    ['no scopes', { scopes: [] }, { scopes: [] }],
    ['fields that we do not know', { created_at: 'x', audience: [] }, {}],
  ])('takes a client with %s', async (_, fields, read) => {
    const { api } = stytch(shown({ ...SHOWN, ...fields }));
    expect(await api.getClient('acme_test_1')).toEqual({ outcome: 'answered', value: { ...READ, ...read } });
  });

  it('of a client that is not there is null', async () => {
    expect(await stytch(GONE()).api.getClient('x')).toEqual({ outcome: 'answered', value: null });
  });

  it('is declined for any other reason, a page that was not found among them', async () => {
    for (const [code, status] of [
      ['route_not_found', 404],
      ['unauthorized_credentials', 401],
    ] as const)
      expect(await stytch(stytchError(code, status)).api.getClient('x')).toEqual({
        ...{ outcome: 'declined', status, code },
      });
  });

  it.each([
    ...SILENCES,
    ...ODD_CLIENTS.map(([what, client]) => [what, () => shown(client)] as const),
    ['another client', () => shown({ ...SHOWN, client_id: 'acme_test_2' })],
    ['64 KiB and more', () => shown({ ...SHOWN, trusted_metadata: { long: 'x'.repeat(65_536) } })],
  ] as const)('answered with %s is asked again, three times in all', async (_, deed) => {
    const { api, sent } = stytch(deed(), deed(), deed());
    expect(await api.getClient('acme_test_1')).toMatchObject({ outcome: 'unreachable' });
    expect(sent).toHaveLength(3);
  });
});

describe('searchClients', () => {
  const page = (clients: readonly unknown[], next_cursor: unknown = null) =>
    answer({ m2m_clients: clients, results_metadata: { total: 7, next_cursor }, status_code: 200 });
  const FIRST = { cursor: null, limit: 250 };

  it('asks for the first page of all clients, as the project', async () => {
    const { api, sent } = stytch(page([SHOWN], 'c1'));
    expect(await api.searchClients(FIRST)).toEqual({
      ...{ outcome: 'answered', value: { clients: [READ], nextCursor: 'c1' } },
    });
    expect([sent[0]?.url, sent[0]?.init.method]).toEqual([`${CLIENTS}/search`, 'POST']);
    expect(headersOf(sent[0])).toEqual(AS_PROJECT);
    expect(JSON.parse(String(sent[0]?.init.body))).toEqual({ limit: 250 });
  });

  it('goes on from a cursor, as it was given', async () => {
    const { api, sent } = stytch(page([]));
    expect(await api.searchClients({ cursor: 'c+1/=', limit: 10 })).toEqual({
      ...{ outcome: 'answered', value: { clients: [], nextCursor: null } },
    });
    expect(JSON.parse(String(sent[0]?.init.body))).toEqual({ limit: 10, cursor: 'c+1/=' });
  });

  it.each([
    ['null', page([SHOWN], null)],
    ['empty', page([SHOWN], '')],
    ['not there', answer({ m2m_clients: [SHOWN], results_metadata: { total: -1 } })],
  ])('is at its last page when the next cursor is %s', async (_, deed) => {
    expect(await stytch(deed).api.searchClients(FIRST)).toMatchObject({ value: { nextCursor: null } });
  });

  it('for clients of some ids asks for these alone', async () => {
    const { api, sent } = stytch(page([SHOWN]));
    const search = { ...FIRST, clientIds: ['acme_test_1', 'acme_test_2'] };
    expect(await api.searchClients(search)).toMatchObject({ value: { clients: [READ] } });
    expect(JSON.parse(String(sent[0]?.init.body))).toEqual({
      limit: 250,
      query: {
        operator: 'AND',
        operands: [{ filter_name: 'client_id', filter_value: ['acme_test_1', 'acme_test_2'] }],
      },
    });
  });

  it('for clients of no id at all does not ask: it could be taken for every client', async () => {
    const { api, sent } = stytch();
    expect(await api.searchClients({ ...FIRST, clientIds: [] })).toEqual({
      ...{ outcome: 'answered', value: { clients: [], nextCursor: null } },
    });
    expect(sent).toHaveLength(0);
  });

  it('that was answered with a client of another id was not understood', async () => {
    const { api } = stytch(...[1, 2, 3].map(() => page([{ ...SHOWN, client_id: 'other' }])));
    expect((await api.searchClients({ ...FIRST, clientIds: ['acme_test_1'] })).outcome).toBe('unreachable');
  });

  it('may be answered with as many bytes as 250 clients need, and not with one more', async () => {
    const bare = JSON.stringify({ m2m_clients: [SHOWN], results_metadata: {} });
    const padded = (bytes: number) => () => answer(bare + ' '.repeat(bytes - bare.length));
    const fits = stytch(padded(1_048_576));
    expect(await fits.api.searchClients(FIRST)).toMatchObject({ value: { clients: [READ] } });
    const over = stytch(...[1, 2, 3].map(() => padded(1_048_577)));
    expect((await over.api.searchClients(FIRST)).outcome).toBe('unreachable');
  });

  it('is declined with Stytch’s reason', async () => {
    expect(await stytch(stytchError('bad_request', 400)).api.searchClients(FIRST)).toEqual({
      ...{ outcome: 'declined', status: 400, code: 'bad_request' },
    });
  });

  it.each([
    ...SILENCES,
    ...ODD_CLIENTS.map(([what, client]) => [`a client of ${what}`, () => page([SHOWN, client])] as const),
    ['no clients', () => answer({ results_metadata: { total: 0, next_cursor: null } })],
    ['no metadata', () => answer({ m2m_clients: [] })],
    ['a cursor that is a number', () => page([], 7)],
  ] as const)('answered with %s is asked again, three times in all', async (_, deed) => {
    const { api, sent } = stytch(deed(), deed(), deed());
    expect(await api.searchClients(FIRST)).toMatchObject({ outcome: 'unreachable' });
    expect([sent.length, new Set(sent.map(({ init }) => init.body)).size]).toEqual([3, 1]);
  });
});

describe('whatever goes wrong', () => {
  it('neither the project’s secret nor a client’s is in what is told of it', async () => {
    const told: unknown[] = [];
    for (const deed of [
      timeout,
      () => answer('the-secret', 500),
      () => answer(CREATED, 418),
      () => answer('{'),
    ]) {
      const { api } = stytch(...Array.from({ length: 9 }, () => deed()));
      told.push(await api.createClient(CLIENT), await api.getClient('x'));
      told.push(await api.searchClients({ cursor: null, limit: 1 }));
    }
    expect(told.map((outcome) => (outcome as { outcome: string }).outcome)).toEqual(
      Array(12).fill('unreachable'),
    );
    expect(JSON.stringify(told)).not.toMatch(/the-secret|secret-test-x=|c2VjcmV0LXRlc3Q/);
  });
});

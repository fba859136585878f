import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PROJECT_ID, refusal, SECRET, startEmulator } from './emulator.ts';

const SECRET_CHOSEN = 'a-secret-of-my-own-4711';

let emulator: Awaited<ReturnType<typeof startEmulator>>;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.server.close());
beforeEach(() => emulator.door('POST', 'reset', { seed: false }));

const clients = () => emulator.stytch.m2m.clients;
const create = async (fields: object = {}) =>
  (await clients().create({ scopes: ['read:users'], ...fields })).m2m_client;
const token = (client_id: string, client_secret: string) =>
  emulator.stytch.m2m.token({ client_id, client_secret });

describe('create', () => {
  test('an id and a secret are generated in Stytch’s shape', async () => {
    const client = await create();
    expect(client).toEqual({
      client_id: expect.stringMatching(/^m2m-client-test-[0-9a-f]{8}-[0-9a-f-]{27}$/),
      client_secret: expect.stringMatching(/^[\w-]{44}$/),
      client_name: '',
      client_description: '',
      status: 'active',
      scopes: ['read:users'],
      client_secret_last_four: client.client_secret.slice(-4),
      trusted_metadata: {},
      next_client_secret_last_four: null,
    });
  });

  test('a chosen id and secret are taken as they are', async () => {
    const chosen = { client_id: 'lk_test_abc_def|auth0', client_secret: SECRET_CHOSEN, client_name: 'Mine' };
    expect(await create(chosen)).toMatchObject({ ...chosen, client_secret_last_four: '4711' });
    await expect(token(chosen.client_id, chosen.client_secret)).resolves.toMatchObject({
      token_type: 'bearer',
    });
  });

  test('the secret is shown once', async () => {
    const { client_secret, ...shown } = await create();
    expect((await clients().get({ client_id: shown.client_id })).m2m_client).toEqual(shown);
    expect(JSON.stringify(await clients().search({}))).not.toContain(client_secret);
  });

  test('of two creates with one id at once, one is a duplicate', async () => {
    const both = await Promise.allSettled([create({ client_id: 'twin' }), create({ client_id: 'twin' })]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(both.find((one) => one.status === 'rejected')?.reason).toMatchObject({
      error_type: 'duplicate_m2m_client_id',
    });
  });

  const refused: readonly (readonly [string, object, string])[] = [
    ['a short secret', { client_secret: 'aB3$xyz' }, 'insecure_m2m_client_secret'],
    ['a secret of little entropy', { client_secret: 'aaaaaaaaaaaaaaaa' }, 'insecure_m2m_client_secret'],
    ['a secret that is no string', { client_secret: 12345678 }, 'm2m_client_invalid_client_secret'],
    ['an empty id', { client_id: '' }, 'm2m_client_invalid_client_id'],
    ['a name that is no string', { client_name: 1 }, 'm2m_client_invalid_client_name'],
    ['a description that is no string', { client_description: 1 }, 'm2m_client_invalid_client_description'],
    ['a scope with a space', { scopes: ['read users'] }, 'invalid_m2m_client_scope'],
    ['scopes that are no array', { scopes: 'read' }, 'invalid_m2m_client_scope'],
    ['metadata that is no object', { trusted_metadata: ['x'] }, 'metadata_invalid_format'],
    [
      'metadata of 21 keys',
      { trusted_metadata: Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`k${at}`, at])) },
      'metadata_too_many_keys',
    ],
    ['metadata over 4 KB', { trusted_metadata: { big: 'x'.repeat(4096) } }, 'metadata_too_large'],
  ];
  test.each(refused)('%s is refused', async (_, fields, error_type) => {
    expect(await refusal(create(fields))).toMatchObject({ status_code: 400, error_type });
    expect((await clients().search({})).results_metadata.total).toBe(0);
  });
});

describe('search', () => {
  const search = async (query: object, rest: object = {}) => {
    const { m2m_clients, results_metadata } = await clients().search({ query, ...rest } as never);
    return { ids: m2m_clients.map(({ client_id }) => client_id), ...results_metadata };
  };
  const operand = (filter_name: string, ...filter_value: string[]) => ({ filter_name, filter_value });
  beforeEach(async () => {
    await create({ client_id: 'one', client_name: 'Ada', scopes: ['read', 'write'] });
    await create({ client_id: 'two', client_name: 'Ada', scopes: ['read'] });
    await create({ client_id: 'three', client_name: 'Grace', scopes: ['write'] });
  });

  const queries: readonly (readonly [string, object, readonly string[]])[] = [
    ['no operands filter nothing', { operator: 'AND', operands: [] }, ['three', 'two', 'one']],
    [
      'a name is matched exactly',
      { operator: 'AND', operands: [operand('client_name', 'Ada')] },
      ['two', 'one'],
    ],
    [
      'ids are any of',
      { operator: 'AND', operands: [operand('client_id', 'one', 'three')] },
      ['three', 'one'],
    ],
    [
      'AND narrows',
      { operator: 'AND', operands: [operand('client_name', 'Ada'), operand('scopes', 'write')] },
      ['one'],
    ],
    [
      'OR widens',
      { operator: 'OR', operands: [operand('client_name', 'Grace'), operand('client_id', 'two')] },
      ['three', 'two'],
    ],
  ];
  test.each(queries)('%s', async (_, query, ids) => {
    expect(await search(query)).toMatchObject({ ids, total: ids.length, next_cursor: null });
  });

  test('a cursor walks through every client once, also when one is made meanwhile', async () => {
    const first = await search({ operator: 'AND', operands: [] }, { limit: 2, cursor: '' });
    expect(first).toMatchObject({ ids: ['three', 'two'], total: 3 });
    await create({ client_id: 'four' });
    const second = await search({ operator: 'AND', operands: [] }, { limit: 2, cursor: first.next_cursor });
    expect(second).toMatchObject({ ids: ['one'], next_cursor: null });
  });

  describe.each(['newest_first', 'oldest_first'])('in the order %s', (searchOrder) => {
    test.each([
      ['of all', {}],
      ['of those that match', { query: { operator: 'AND', operands: [operand('scopes', 'walked')] } }],
    ])('a walk %s meets each client that stays once, and none that went before it', async (_, search) => {
      await emulator.door('POST', 'reset', { seed: false });
      await emulator.door('PUT', 'switches', { searchOrder });
      const names = Array.from({ length: 60 }, (_, at) => `client-${at}`);
      for (const client_id of names) await create({ client_id, scopes: ['walked'] });
      const met: string[] = [];
      const goneUnmet: string[] = [];
      let cursor = '';
      do {
        const page = await clients().search({ ...search, limit: 7, cursor } as never);
        const ids = page.m2m_clients.map(({ client_id }) => client_id);
        met.push(...ids);
        // The very client that the cursor stands at goes, one before it, one after it; and a new one comes.
        const ahead = names.find((name) => !met.includes(name) && !goneUnmet.includes(name));
        if (ahead !== undefined) goneUnmet.push(ahead);
        for (const client_id of new Set([ids[0], ids.at(-1), ahead]))
          if (client_id !== undefined) await clients().delete({ client_id });
        if (met.length < 30) await create({ scopes: ['walked'] });
        cursor = page.results_metadata.next_cursor ?? '';
      } while (cursor !== '');
      expect(new Set(met).size).toBe(met.length);
      expect(met.filter((id) => names.includes(id)).toSorted()).toEqual(
        names.filter((name) => !goneUnmet.includes(name)).toSorted(),
      );
    });
  });

  const refused: readonly (readonly [string, object, string])[] = [
    ['without a name', { filter_value: ['x'] }, 'm2m_search_missing_filter_name'],
    [
      'with a number for a name',
      { filter_name: 1, filter_value: ['x'] },
      'm2m_search_filter_name_must_be_string',
    ],
    ['on trusted_metadata', operand('trusted_metadata', 'x'), 'm2m_search_filter_name_not_recognized'],
    ['without a value', { filter_name: 'scopes' }, 'm2m_search_missing_filter_value'],
    ['with one string', { filter_name: 'scopes', filter_value: 'x' }, 'm2m_search_expected_array_of_strings'],
  ];
  test.each(refused)('an operand %s is refused', async (_, wrong, error_type) => {
    const call = search({ operator: 'AND', operands: [wrong] });
    expect(await refusal(call)).toMatchObject({ status_code: 400, error_type });
  });

  test.each(['!', 'A', 'AAAAA', 'e30', 'bnVsbA', 'eyJhZnRlciI6IjEifQ'])(
    'the made-up cursor %j is refused',
    async (cursor) => {
      expect(await refusal(clients().search({ cursor }))).toMatchObject({ error_type: 'bad_request' });
    },
  );
});

describe('update', () => {
  test('what is omitted stays as it is', async () => {
    const { client_secret: _, ...client } = await create({ client_name: 'Mine', trusted_metadata: { a: 1 } });
    const { m2m_client } = await clients().update({ client_id: client.client_id, client_description: 'New' });
    expect(m2m_client).toEqual({ ...client, client_description: 'New' });
  });

  test('metadata is merged at the top level, and null deletes a key', async () => {
    const { client_id } = await create({ trusted_metadata: { keep: 1, drop: 2, deep: { a: 1, b: 2 } } });
    const change = { drop: null, deep: { c: 3 }, added: [1] };
    const { m2m_client } = await clients().update({ client_id, trusted_metadata: change });
    expect(m2m_client.trusted_metadata).toEqual({ keep: 1, deep: { c: 3 }, added: [1] });
  });

  test('scopes are replaced, and the token has them in that order', async () => {
    const { client_id, client_secret } = await create({ scopes: ['a', 'b'] });
    await clients().update({ client_id, scopes: ['c', 'a'] });
    const { access_token } = await token(client_id, client_secret);
    expect((await emulator.stytch.m2m.authenticateToken({ access_token })).scopes).toEqual(['c', 'a']);
  });

  test('an inactive client gets no token until it is active again; its old tokens stay valid', async () => {
    const { client_id, client_secret } = await create();
    const { access_token } = await token(client_id, client_secret);
    await clients().update({ client_id, status: 'inactive' });
    expect(await refusal(token(client_id, client_secret))).toMatchObject({ error_type: 'invalid_client' });
    await expect(emulator.stytch.m2m.authenticateToken({ access_token })).resolves.toMatchObject({
      client_id,
    });
    await clients().update({ client_id, status: 'active' });
    await expect(token(client_id, client_secret)).resolves.toMatchObject({ expires_in: 3600 });
  });

  test('a status that is neither active nor inactive is refused', async () => {
    const { client_id } = await create();
    const call = clients().update({ client_id, status: 'asleep' });
    expect(await refusal(call)).toMatchObject({ error_type: 'invalid_m2m_client_status' });
  });
});

describe('delete', () => {
  test('a deleted client is gone and gets no token; its old tokens stay valid', async () => {
    const { client_id, client_secret } = await create();
    const { access_token } = await token(client_id, client_secret);
    expect(await clients().delete({ client_id })).toMatchObject({ status_code: 200, client_id });
    expect(await refusal(clients().get({ client_id }))).toMatchObject({ error_type: 'm2m_client_not_found' });
    expect(await refusal(token(client_id, client_secret))).toMatchObject({ error_type: 'invalid_client' });
    await expect(emulator.stytch.m2m.authenticateToken({ access_token })).resolves.toMatchObject({
      client_id,
    });
  });

  test('an id that needs escaping is found', async () => {
    await create({ client_id: 'a/b c%?' });
    expect(await clients().delete({ client_id: 'a/b c%?' })).toMatchObject({ client_id: 'a/b c%?' });
  });
});

describe('rotation', () => {
  const secrets = () => clients().secrets;

  test('both secrets work while a rotation runs', async () => {
    const { client_id, client_secret } = await create();
    const { m2m_client } = await secrets().rotateStart({ client_id });
    expect(m2m_client.client_secret_last_four).toBe(client_secret.slice(-4));
    expect(m2m_client.next_client_secret_last_four).toBe(m2m_client.next_client_secret.slice(-4));
    await expect(token(client_id, client_secret)).resolves.toMatchObject({ status_code: 200 });
    await expect(token(client_id, m2m_client.next_client_secret)).resolves.toMatchObject({
      status_code: 200,
    });
  });

  test('finishing kills the old secret at once', async () => {
    const { client_id, client_secret } = await create();
    const { next_client_secret } = (await secrets().rotateStart({ client_id })).m2m_client;
    const { m2m_client } = await secrets().rotate({ client_id });
    expect(m2m_client).toMatchObject({ next_client_secret_last_four: null });
    expect(m2m_client.client_secret_last_four).toBe(next_client_secret.slice(-4));
    expect(await refusal(token(client_id, client_secret))).toMatchObject({ error_type: 'invalid_client' });
    await expect(token(client_id, next_client_secret)).resolves.toMatchObject({ status_code: 200 });
  });

  test('cancelling kills the next secret and keeps the old one', async () => {
    const { client_id, client_secret } = await create();
    const { next_client_secret } = (await secrets().rotateStart({ client_id })).m2m_client;
    const { m2m_client } = await secrets().rotateCancel({ client_id });
    expect(m2m_client.next_client_secret_last_four).toBeNull();
    expect(await refusal(token(client_id, next_client_secret))).toMatchObject({
      error_type: 'invalid_client',
    });
    await expect(token(client_id, client_secret)).resolves.toMatchObject({ status_code: 200 });
  });

  test('a second start, and an end without a start, are refused', async () => {
    const { client_id } = await create();
    const notRotating = { status_code: 400, error_type: 'm2m_client_not_rotating_secret' };
    expect(await refusal(secrets().rotate({ client_id }))).toMatchObject(notRotating);
    expect(await refusal(secrets().rotateCancel({ client_id }))).toMatchObject(notRotating);
    await secrets().rotateStart({ client_id });
    const again = await refusal(secrets().rotateStart({ client_id }));
    expect(again).toMatchObject({ status_code: 400, error_type: 'm2m_client_already_rotating_secret' });
  });
});

describe('errors', () => {
  const missing: readonly (readonly [string, string])[] = [
    ['GET', ''],
    ['PUT', ''],
    ['DELETE', ''],
    ['POST', '/secrets/rotate/start'],
    ['POST', '/secrets/rotate'],
    ['POST', '/secrets/rotate/cancel'],
  ];
  test.each(missing)('%s …%s of an unknown client is 404 in Stytch’s envelope', async (method, rest) => {
    const answer = await emulator.api(
      method,
      `/v1/m2m/clients/nobody${rest}`,
      method === 'GET' ? undefined : {},
    );
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({
      status_code: 404,
      request_id: expect.stringMatching(/^request-id-test-[0-9a-f-]{36}$/),
      error_type: 'm2m_client_not_found',
      error_message: 'The m2m client requested could not be found.',
      error_url: 'https://stytch.com/docs/api/errors/404#m2m_client_not_found',
    });
  });

  test('nothing but the project’s own secret opens the API', async () => {
    const wrong = [
      '',
      `Basic ${btoa(`${PROJECT_ID}:wrong`)}`,
      `Basic ${btoa(`other:${SECRET}`)}`,
      'Bearer x',
      'Basic %',
    ];
    for (const authorization of wrong) {
      const answer = await emulator.send('POST', '/v1/m2m/clients/search', {
        headers: { authorization },
        body: '{}',
      });
      expect(answer).toMatchObject({ status: 401, body: { error_type: 'unauthorized_credentials' } });
    }
  });

  test('a body that is no JSON object is refused', async () => {
    const headers = { authorization: `Basic ${btoa(`${PROJECT_ID}:${SECRET}`)}` };
    for (const body of ['{', '[]', '"x"']) {
      const answer = await emulator.send('POST', '/v1/m2m/clients', { headers, body });
      expect(answer).toMatchObject({ status: 400, body: { error_type: 'bad_request' } });
    }
  });

  test('an unknown route is 404 and a wrong method is 405', async () => {
    expect(await emulator.api('GET', '/v1/nothing')).toMatchObject({
      status: 404,
      body: { error_type: 'route_not_found' },
    });
    expect(await emulator.api('DELETE', '/v1/m2m/clients')).toMatchObject({
      status: 405,
      body: { error_type: 'method_not_allowed' },
    });
  });
});

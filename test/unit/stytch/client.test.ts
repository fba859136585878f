import { describe, expect, it } from 'vitest';
import { createStytch } from '../../../src/stytch/client.ts';
import { answer, type Deed, oauthError, type Sent, scripted, stytchError, timeout } from './wires.ts';

const PROJECT = {
  baseUrl: 'https://test.stytch.test',
  projectId: 'project-test-1',
  vertical: 'consumer',
  projectSecret: 'secret-test-x=',
} as const;
const BASIC = `Basic ${btoa('project-test-1:secret-test-x=')}`;
const CLIENT = {
  clientId: 'acme_test_1',
  clientSecret: 'the-secret',
  name: 'A key',
  description: '',
  scopes: ['items:read'],
  trustedMetadata: { user_id: 'user-test-1' },
};
const CREATED = { m2m_client: { client_id: 'acme_test_1', client_secret: 'the-secret' }, status_code: 200 };
const TOKEN = { access_token: 'a.b.c', token_type: 'bearer', expires_in: 3600, status_code: 200 };

const stytch = (...deeds: readonly Deed[]) => {
  const script = scripted(...deeds);
  return { ...script, api: createStytch(PROJECT, script.wires) };
};

const headersOf = (sent: Sent | undefined): Record<string, string> =>
  Object.fromEntries(new Headers(sent?.init.headers as HeadersInit));

describe('exchange', () => {
  it('sends the credential as a form to the token endpoint, and nothing of the project', async () => {
    const { api, sent } = stytch(answer(TOKEN));
    expect(await api.exchange('acme_test_1', 's&c=+ü')).toEqual({ outcome: 'answered', value: 'a.b.c' });
    expect(sent[0]?.url).toBe('https://test.stytch.test/v1/public/project-test-1/oauth2/token');
    expect(sent[0]?.init.method).toBe('POST');
    expect(headersOf(sent[0])).toEqual({ 'content-type': 'application/x-www-form-urlencoded' });
    expect(Object.fromEntries(new URLSearchParams(String(sent[0]?.init.body)))).toEqual({
      client_id: 'acme_test_1',
      client_secret: 's&c=+ü',
      grant_type: 'client_credentials',
    });
    expect(JSON.stringify(sent)).not.toContain('secret-test-x=');
  });

  it.each([
    [400, 'invalid_client'],
    [401, 'invalid_client'],
    [400, 'unauthorized_client'],
    [403, 'invalid_grant'],
  ])('with %i %s was declined', async (status, code) => {
    const { api } = stytch(oauthError(code, status));
    expect(await api.exchange('id', 'secret')).toEqual({ outcome: 'declined', status, code });
  });

  it('is never repeated: each answer is a token that Stytch bills', async () => {
    for (const deed of [timeout(), answer('', 500), answer(TOKEN, 429), answer('<html>')]) {
      const { api, sent } = stytch(deed, answer(TOKEN));
      expect((await api.exchange('id', 'secret')).outcome).toBe('unreachable');
      expect(sent).toHaveLength(1);
    }
  });

  it.each([
    ['no token', { token_type: 'bearer' }],
    ['an empty token', { ...TOKEN, access_token: '' }],
    ['a token that is no text', { ...TOKEN, access_token: 7 }],
    ['a token of another type', { ...TOKEN, token_type: 'mac' }],
    ['a list', [TOKEN]],
  ])('answered with %s is unreachable', async (_, body) => {
    expect((await stytch(answer(body)).api.exchange('id', 'secret')).outcome).toBe('unreachable');
  });

  it('takes the token type in any case (RFC 6749 §5.1)', async () => {
    const { api } = stytch(answer({ ...TOKEN, token_type: 'Bearer' }));
    expect((await api.exchange('id', 'secret')).outcome).toBe('answered');
  });
});

describe('createClient', () => {
  it('sends what was chosen, as the project', async () => {
    const { api, sent } = stytch(answer(CREATED));
    expect(await api.createClient(CLIENT)).toEqual({ outcome: 'answered', value: { created: true } });
    expect([sent[0]?.url, sent[0]?.init.method]).toEqual(['https://test.stytch.test/v1/m2m/clients', 'POST']);
    expect(headersOf(sent[0])).toEqual({ authorization: BASIC, 'content-type': 'application/json' });
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

describe('deleteClient', () => {
  const GONE = () => stytchError('m2m_client_not_found', 404);

  it('names the client in the path, escaped', async () => {
    const { api, sent } = stytch(answer({ client_id: 'a/b?c', status_code: 200 }));
    expect(await api.deleteClient('a/b?c')).toEqual({ outcome: 'answered', value: { existed: true } });
    expect(sent[0]).toMatchObject({
      url: 'https://test.stytch.test/v1/m2m/clients/a%2Fb%3Fc',
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

describe('jwks', () => {
  const KEY = { kty: 'RSA', kid: 'jwk-test-1', n: 'abc', e: 'AQAB', use: 'sig', alg: 'RS256', x5c: ['x'] };

  it.each([
    ['consumer', '/v1/sessions/jwks/project-test-1'],
    ['b2b', '/v1/b2b/sessions/jwks/project-test-1'],
  ] as const)('of a %s project is at its own path, and needs no secret', async (vertical, path) => {
    const { wires, sent } = scripted(answer({ keys: [KEY] }));
    const outcome = await createStytch({ ...PROJECT, vertical }, wires).jwks();
    expect(outcome).toEqual({
      outcome: 'answered',
      value: [{ kty: 'RSA', kid: 'jwk-test-1', n: 'abc', e: 'AQAB' }],
    });
    expect([sent[0]?.url, headersOf(sent[0])]).toEqual([`https://test.stytch.test${path}`, {}]);
  });

  it('is asked for once: the cooldown is the only retry', async () => {
    const { api, sent } = stytch(timeout(), answer({ keys: [KEY] }));
    expect([(await api.jwks()).outcome, sent.length]).toEqual(['unreachable', 1]);
  });
});

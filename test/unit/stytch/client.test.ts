import { describe, expect, it, vi } from 'vitest';
import { createStytch } from '../../../src/stytch/client.ts';
import { answer, headersOf, oauthError, PROJECT, scripted, stytch, timeout } from './wires.ts';

const TOKEN = { access_token: 'a.b.c', token_type: 'bearer', expires_in: 3600, status_code: 200 };

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

describe('DOS-09: a silent Stytch', () => {
  it.each([
    ['a token', 'exchange', 3_000],
    ['the JWKS', 'jwks', 2_000],
  ] as const)('is waited for %s no longer than it may take', async (_, what, deadlineMs) => {
    vi.useFakeTimers();
    try {
      const fetch = (_url: string, { signal }: RequestInit) =>
        new Promise<Response>((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
        });
      const api = createStytch(PROJECT, { ...scripted().wires, fetch });
      const settled = vi.fn();
      const outcome = (what === 'jwks' ? api.jwks() : api.exchange('id', 'secret')).then(settled);
      await vi.advanceTimersByTimeAsync(deadlineMs - 1);
      expect(settled).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(1);
      await outcome;
      expect(settled.mock.calls).toMatchObject([[{ outcome: 'unreachable' }]]);
    } finally {
      vi.useRealTimers();
    }
  });
});

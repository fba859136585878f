import { Configuration, customFetch, genericGrantRequest, None, tokenRevocation } from 'openid-client';
import { describe, expect, it } from 'vitest';
import { explain } from '../../../../demo/cli/explain.ts';

const SECRET = 'acme_test_1_whatNobodyMaySee';

/** What a server's answer, or the lack of one, is told as. */
const told = async (answer: () => Promise<Response>, act = redeem): Promise<string> => {
  const issuer = 'https://keys.acme.test';
  const endpoints = { token_endpoint: `${issuer}/token`, revocation_endpoint: `${issuer}/revoke` };
  const config = new Configuration({ issuer, ...endpoints }, 'acme-cli', undefined, None());
  config[customFetch] = answer;
  return act(config).then(() => 'it worked', explain);
};

const redeem = (config: Configuration): Promise<unknown> =>
  genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:device_code', { device_code: SECRET });
const revoke = (config: Configuration): Promise<unknown> => tokenRevocation(config, SECRET);

const json =
  (status: number, body: object): (() => Promise<Response>) =>
  () =>
    Promise.resolve(Response.json(body, { status }));

const failing =
  (error: Error): (() => Promise<Response>) =>
  () =>
    Promise.reject(error);

describe('what went wrong is told', () => {
  it.each([
    [
      'a refusal of RFC 6749 §5.2, in its words',
      json(400, { error: 'access_denied', error_description: 'The user said no.' }),
      '400 access_denied: The user said no.',
    ],
    ['one without a description', json(400, { error: 'expired_token' }), '400 expired_token'],
    [
      'one that would move the cursor',
      json(400, { error: 'a', error_description: '\u001B[2Jgone\u0007' }),
      '400 a: �[2Jgone�',
    ],
    ['a server that is broken', json(503, {}), 'unexpected HTTP response status code (503).'],
    [
      'an answer that is none',
      () => Promise.resolve(new Response('<html>')),
      'unexpected response content-type (200).',
    ],
    [
      'a network that is',
      failing(
        new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) }),
      ),
      'nobody answers there.',
    ],
    [
      'a certificate',
      failing(new TypeError('fetch failed', { cause: new Error('certificate has expired') })),
      'certificate has expired.',
    ],
    ['silence', failing(new DOMException('', 'TimeoutError')), 'operation timed out.'],
  ])('%s', async (_, answer, text) => {
    expect(await told(answer)).toBe(text);
  });

  it.each([
    ['a refusal that repeats what it was sent', json(400, { error: 'invalid_grant', sent: SECRET })],
    ['a token that is none', json(200, { access_token: 1, token_type: 'bearer', device_code: SECRET })],
    ['a broken server that repeats what it was sent', json(500, { sent: SECRET })],
    ['a network that failed', failing(new TypeError('fetch failed', { cause: new Error('reset') }))],
  ])('%s: without any secret', async (_, answer) => {
    for (const act of [redeem, revoke]) expect(await told(answer, act)).not.toContain(SECRET);
  });

  it('a bug is thrown on', () => {
    for (const bug of [new RangeError('x'), new TypeError('x is not a function'), 'x'])
      expect(() => explain(bug)).toThrow();
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { API, call, later, now, rooms, send, signIn } from '../world.ts';

/** What `/v1/fresh/**` allows, in seconds. */
const MAX_AGE = 120;

/** A challenge of one scheme, read as RFC 9110 §11.6.1 writes it: strict, quoted strings without escapes. */
const parametersOf = (challenge: string): Readonly<Record<string, string>> => {
  const [, scheme, rest = ''] = /^([A-Za-z]+) (.*)$/.exec(challenge) ?? [];
  expect(scheme).toBe('Bearer');
  const pattern = /([a-z_]+)="([\x20\x21\x23-\x5b\x5d-\x7e]*)"(?:, |$)/gy;
  const found = [...rest.matchAll(pattern)];
  expect(found.map(([text]) => text).join('')).toBe(rest);
  const names = found.map(([, name]) => name);
  expect(new Set(names).size).toBe(names.length);
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name, value]));
};

/** The answer to a session whose user signed in a second too long ago. */
const refused = async (): Promise<Response> => {
  const session = await signIn();
  await later(MAX_AGE + 1);
  return call(session, '/v1/fresh/1');
};

const challengeOf = (response: Response): Readonly<Record<string, string>> =>
  parametersOf(response.headers.get('www-authenticate') ?? '');

beforeEach(() => rooms.ORIGIN.reset());
afterEach(now);

describe('RFC 9470 §3 › the challenge to an authentication that is not recent enough', () => {
  it('is 401 with the error code insufficient_user_authentication', async () => {
    const response = await refused();
    expect([response.status, challengeOf(response).error]).toEqual([401, 'insufficient_user_authentication']);
    expect(await response.json()).toMatchObject({ code: 'insufficient_user_authentication' });
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('says how recent it must be, as a non-negative integer of seconds', async () => {
    const { max_age } = challengeOf(await refused());
    expect(max_age).toBe(String(MAX_AGE));
  });

  it('has the parameters of RFC 6750 besides, and those of RFC 9728', async () => {
    expect(challengeOf(await refused())).toEqual({
      realm: 'acme-api',
      error: 'insufficient_user_authentication',
      error_description: 'More recent authentication is required',
      max_age: String(MAX_AGE),
      resource_metadata: `${API}/.well-known/oauth-protected-resource/v1/fresh/1`,
    });
  });

  it('asks for no acr_values, which Stytch has none of', async () => {
    expect(challengeOf(await refused())).not.toHaveProperty('acr_values');
  });

  it('is not made to an authentication that is recent enough, nor where no age is asked for', async () => {
    const session = await signIn();
    await later(MAX_AGE - 10);
    expect((await call(session, '/v1/fresh/1')).status).toBe(200);
    await later(60);
    expect((await call(session, '/v1/items/1')).status).toBe(200);
  });

  it('is not made to who presents nothing: there is no authentication to be old', async () => {
    const response = await send(`${API}/v1/fresh/1`);
    expect([response.status, challengeOf(response)]).toEqual([
      401,
      {
        realm: 'acme-api',
        resource_metadata: `${API}/.well-known/oauth-protected-resource/v1/fresh/1`,
      },
    ]);
  });
});

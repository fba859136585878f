import * as oauth from 'oauth4webapi';
import { afterEach, describe, expect, it } from 'vitest';
import { approve, asking, begin, codesOf, decide, GRANT, given, held, noted, poll } from '../devices.ts';
import { ask, FORM, oauthRefusal } from '../oauth.ts';
import { inUse } from '../secrets.ts';
import { DESK, isolate, later, now, send, signIn } from '../world.ts';

afterEach(now);

const PATH = 'device_authorization';

const refusal = (error: string, status = 400) => ({ status, error, challenge: null, retryAfter: null });

/** What a stranger's client speaks through: the Worker under test in the place of the network. */
const over = {
  [oauth.customFetch]: (url: string, init: object) => send(url, { ...init, redirect: 'manual' }),
};

const discovered = async (): Promise<oauth.AuthorizationServer> => {
  const issuer = new URL(DESK);
  const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...over });
  return oauth.processDiscoveryResponse(issuer, response);
};

describe('RFC 8628 §3.1 › the device authorization request', () => {
  it('is a POST of a form; a parameter without a value is omitted, and one that nobody knows is ignored', async () => {
    const answer = await ask(PATH, 'client_id=acme-cli&scope=&resource=https%3A%2F%2Fapi.test&nonsense=1');
    expect((await codesOf(answer)).user_code).toMatch(/^[A-Z]{4}-[A-Z]{4}$/);
    const json = await ask(PATH, '{"client_id":"acme-cli"}', { 'content-type': 'application/json' });
    expect(await oauthRefusal(json)).toEqual(refusal('invalid_request'));
    expect((await send(`${DESK}/oauth2/${PATH}?client_id=acme-cli`)).status).toBe(405);
  });

  it('MUST NOT have a parameter more than once', async () => {
    for (const form of [
      'client_id=acme-cli&client_id=acme-cli',
      'client_id=acme-cli&scope=items:read&scope=items:write',
      'client_id=acme-cli&scope=&scope=',
      'client_id=acme-cli&x=1&x=2',
    ])
      expect(await oauthRefusal(await ask(PATH, form))).toEqual(refusal('invalid_request'));
  });

  it('has client_id, REQUIRED of a client that does not authenticate otherwise', async () => {
    expect(await oauthRefusal(await ask(PATH, {}))).toEqual(refusal('invalid_client', 401));
    expect(await oauthRefusal(await ask(PATH, { scope: 'items:read' }))).toEqual(
      refusal('invalid_client', 401),
    );
  });

  it('has parameters in the body alone: in the URL they are refused', async () => {
    const answer = await send(`${DESK}/oauth2/${PATH}?client_id=acme-cli`, {
      ...{ method: 'POST', headers: { 'content-type': FORM }, body: 'client_id=acme-cli' },
    });
    expect(await oauthRefusal(answer)).toEqual(refusal('invalid_request'));
  });

  it('has a scope of RFC 6749 §3.3 where it has one: a subset of the client’s, and by default all of them', async () => {
    const scopeOf = async (fields: Readonly<Record<string, string>>) => {
      const codes = await begin(fields);
      return held(await decide(await signIn(), codes.user_code, true)).scopes;
    };
    expect(await scopeOf({})).toEqual(['items:read', 'items:write']);
    expect(await scopeOf({ scope: 'items:write' })).toEqual(['items:write']);
    const more = await ask(PATH, { client_id: 'acme-reader', scope: 'items:read items:write' });
    expect(await oauthRefusal(more)).toEqual(refusal('invalid_scope'));
  });
});

describe('RFC 8628 §3.2 › the device authorization response', () => {
  it('is 200 and application/json, with all that is REQUIRED, and is not kept', async () => {
    const answer = await ask(PATH, { client_id: 'acme-cli' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const codes = await codesOf(answer);
    expect(Object.keys(codes).sort()).toEqual([
      ...['device_code', 'expires_in', 'interval', 'user_code', 'verification_uri'],
      'verification_uri_complete',
    ]);
    expect(codes.expires_in).toBe(600);
    expect(codes.interval).toBe(5);
  });

  it('has a verification_uri that is short, and one with the user code that is no other page', async () => {
    const { user_code, verification_uri, verification_uri_complete } = await begin();
    expect(verification_uri).toBe(`${DESK}/device`);
    expect(verification_uri_complete).toBe(`${verification_uri}?user_code=${user_code}`);
  });

  it('is an error of RFC 6749 §5.2 where there is none', async () => {
    const { error } = await oauthRefusal(await ask(PATH, { client_id: 'acme-other' }));
    expect(error).toBe('invalid_client');
  });
});

describe('RFC 8628 §3.4 › the device access token request', () => {
  it('has grant_type, MUST be the URN; device_code, REQUIRED; client_id, REQUIRED', async () => {
    const { device_code } = await begin();
    const whole = asking(device_code);
    const without = (name: keyof typeof whole) =>
      Object.fromEntries(Object.entries(whole).filter(([each]) => each !== name));
    const errors = [];
    for (const form of [
      { ...whole, grant_type: 'device_code' },
      { ...whole, grant_type: GRANT.toUpperCase() },
      without('grant_type'),
      without('device_code'),
      without('client_id'),
    ])
      errors.push((await oauthRefusal(await ask('token', form))).error);
    expect(errors).toEqual([
      ...['unsupported_grant_type', 'unsupported_grant_type', 'invalid_request', 'invalid_request'],
      'invalid_client',
    ]);
    expect((await oauthRefusal(await ask('token', whole))).error).toBe('authorization_pending');
  });

  it('is of the client that the code was issued to', async () => {
    const { device_code } = await begin();
    expect(await oauthRefusal(await poll(device_code, 'acme-reader'))).toEqual(refusal('invalid_grant'));
  });
});

describe('RFC 8628 §3.5 › the device access token response', () => {
  it('is that of RFC 6749 §5.1 once the user has granted it', async () => {
    const codes = await begin();
    await approve(await signIn(), codes.user_code);
    const answer = await poll(codes.device_code);
    expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('pragma')]).toEqual([
      ...[200, 'no-store', 'no-cache'],
    ]);
    expect(await given(answer)).toMatchObject({ token_type: 'Bearer', scope: 'items:read items:write' });
  });

  it('is authorization_pending while he has not decided', async () => {
    const { device_code } = await begin();
    expect(await oauthRefusal(await poll(device_code))).toEqual(refusal('authorization_pending'));
  });

  it('is slow_down when it came too soon: the interval MUST be five seconds longer, for this and all that follow', async () => {
    const { device_code } = await begin();
    await later(0);
    const errors: unknown[] = [];
    for (const seconds of [0, 4, 10, 10, 9, 15]) {
      await later(seconds);
      errors.push((await oauthRefusal(await poll(device_code))).error);
    }
    expect(errors).toEqual([
      ...['authorization_pending', 'slow_down', 'authorization_pending', 'authorization_pending'],
      ...['slow_down', 'authorization_pending'],
    ]);
  });

  it('is access_denied when he said no', async () => {
    const codes = await begin();
    held(await decide(await signIn(), codes.user_code, false));
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refusal('access_denied'));
  });

  it('is expired_token when the code has ended, whatever was decided', async () => {
    const codes = [await begin(), await begin(), await begin()] as const;
    await approve(await signIn(), codes[0].user_code);
    held(await decide(await signIn(), codes[1].user_code, false));
    await later(codes[0].expires_in);
    for (const { device_code } of codes)
      expect(await oauthRefusal(await poll(device_code))).toEqual(refusal('expired_token'));
  });

  it('is not expired_token a second before', async () => {
    await later(0);
    const codes = await begin();
    await approve(await signIn(), codes.user_code);
    await later(codes.expires_in - 1);
    expect((await poll(codes.device_code)).status).toBe(200);
  });

  it('is invalid_grant for a code that was redeemed, and for one that was never issued', async () => {
    const codes = await begin();
    await approve(await signIn(), codes.user_code);
    await given(await poll(codes.device_code));
    for (const code of [
      codes.device_code,
      `${codes.device_code}0`,
      'GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS',
    ])
      expect(await oauthRefusal(await poll(code))).toEqual(refusal('invalid_grant'));
  });
});

describe('RFC 8628 §4 › metadata', () => {
  it('names the device authorization endpoint and the grant', async () => {
    const as = await discovered();
    expect(as.device_authorization_endpoint).toBe(`${DESK}/oauth2/${PATH}`);
    expect(as.grant_types_supported).toContain(GRANT);
    expect(as.token_endpoint_auth_methods_supported).toContain('none');
  });
});

describe('RFC 8628 §5 › security considerations', () => {
  it('§5.1, §6.1 › a user code has 34.5 bits and is guessed a few times only', async () => {
    const { user_code } = await begin();
    expect(user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(8 * Math.log2(20)).toBeGreaterThan(34.5);
    // How often: test/hostile/device.test.ts, OA-13. RFC 8628 §5.1 asks for a chance below 2^-32 times the tries.
    expect(5 / 20 ** 8).toBeLessThan(2 ** -32);
  });

  it('§5.2 › a device code has so many random bits that nobody finds it, and no two are alike', async () => {
    const codes = [await begin(), await begin()];
    const secrets = codes.map(({ device_code }) => device_code.slice(8, 51));
    expect(new Set(secrets).size).toBe(2);
    for (const secret of secrets) expect(secret).toMatch(/^[0-9A-Za-z]{43}$/);
  });

  it('§5.6 › a client without a secret proves nothing by its name: the code is what is asked for', async () => {
    const codes = await begin();
    await approve(await signIn(), codes.user_code);
    const { device_code, ...form } = asking(codes.device_code);
    expect(await oauthRefusal(await ask('token', form))).toEqual(refusal('invalid_request'));
    expect((await poll(device_code)).status).toBe(200);
  });
});

describe('oauth4webapi', () => {
  it('is given a key by the device flow, as it finds everything by itself', async () => {
    const as = await discovered();
    const client: oauth.Client = { client_id: 'acme-cli' };
    const begun = await oauth.deviceAuthorizationRequest(
      as,
      client,
      oauth.None(),
      { scope: 'items:read' },
      over,
    );
    const codes = await oauth.processDeviceAuthorizationResponse(as, client, begun);
    for (const secret of [codes.device_code, codes.user_code]) inUse(secret);
    const asks = () => oauth.deviceCodeGrantRequest(as, client, oauth.None(), codes.device_code, over);
    const pending = oauth.processDeviceCodeResponse(as, client, await asks());
    await expect(pending).rejects.toMatchObject({ error: 'authorization_pending' });
    await approve(await signIn(), codes.user_code);
    const token = await oauth.processDeviceCodeResponse(as, client, await noted(await asks()));
    expect(token.scope).toBe('items:read');
    expect((await isolate().call(token.access_token)).status).toBe(200);
    const again = oauth.processDeviceCodeResponse(as, client, await asks());
    await expect(again).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});

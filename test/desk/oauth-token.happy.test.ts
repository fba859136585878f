import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ring } from '../../src/model/ports.ts';
import { hashOfToken } from '../../src/model/token.ts';
import { pairOf } from '../oauth.ts';
import { askToken, postForm, spent, tokenIn } from '../token-endpoint.ts';
import {
  BY,
  call,
  claimsOf,
  emulator,
  fault,
  isolate,
  issueKey,
  later,
  now,
  ownerOf,
  ringStub,
  signIn,
} from '../world.ts';

const newPair = async (scopes: readonly string[] = ['items:read', 'items:write'], more: object = {}) => {
  const session = await signIn();
  const issued = await issueKey(session, scopes, more);
  return { session, ...issued, pair: pairOf(issued.key) };
};

/** What is left of a token by our clock, which stands still here. */
const remaining = (jwt: string): number => Math.floor(Number(claimsOf(jwt).exp) - Date.now() / 1000);

beforeEach(() => later(0));
afterEach(async () => {
  await now();
  await emulator('DELETE', '/faults');
});

describe('a token for client_credentials', () => {
  it("is Stytch's own, of this client and owner, with all that the client has", async () => {
    const { pair, owner } = await newPair();
    const token = await tokenIn(await askToken(pair));
    expect(token).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: remaining(token.access_token),
      scope: 'items:read items:write',
    });
    expect(claimsOf(token.access_token)).toMatchObject({
      ...{ sub: pair.clientId, iss: expect.stringContaining('stytch.com/'), scope: token.scope },
      user_id: owner.id,
    });
    expect((await call(token.access_token)).status).toBe(200);
  });

  it('is the same whether the pair comes in the header or in the form', async () => {
    const { pair } = await newPair();
    const { clientId: client_id, clientSecret: client_secret } = pair;
    const first = await tokenIn(await askToken(pair));
    expect(await tokenIn(await askToken(null, { client_id, client_secret }))).toEqual(first);
  });

  it('costs one call of Stytch when it is cold, and none while it is warm', async () => {
    const { pair } = await newPair();
    expect(await spent(() => askToken(pair))).toBe(1);
    expect(await spent(() => askToken(pair))).toBe(0);
  });

  it('is the one by which the Gate let its key in: neither costs the other a call', async () => {
    const { key, pair } = await newPair();
    expect(await spent(() => call(key))).toBe(1);
    expect(await spent(() => askToken(pair))).toBe(0);
    const { key: other, pair: otherPair } = await newPair();
    expect(await spent(() => askToken(otherPair))).toBe(1);
    expect(await spent(() => call(other))).toBe(0);
  });

  it('costs one call however many ask at once, and all of them are given the same', async () => {
    const { pair } = await newPair();
    const answers: Response[] = [];
    const calls = await spent(async () => {
      answers.push(...(await Promise.all(Array.from({ length: 20 }, () => askToken(pair)))));
    });
    const tokens = await Promise.all(answers.map(tokenIn));
    expect([calls, new Set(tokens.map((token) => token.access_token)).size]).toEqual([1, 1]);
  });

  it('costs one call in however many isolates it is asked for', async () => {
    const { pair } = await newPair();
    const isolates = Array.from({ length: 4 }, () => isolate());
    const answers: Response[] = [];
    const calls = await spent(async () => {
      answers.push(...(await Promise.all(isolates.map(({ fetch }) => askToken(pair, {}, fetch)))));
    });
    const tokens = await Promise.all(answers.map(tokenIn));
    expect([calls, new Set(tokens.map((token) => token.access_token)).size]).toEqual([1, 1]);
  });

  it('says what remains of it, and is another one in its last five minutes', async () => {
    const { pair } = await newPair();
    const first = await tokenIn(await askToken(pair));
    await later(remaining(first.access_token) - 301);
    const same = await tokenIn(await askToken(pair));
    expect([same.access_token, same.expires_in]).toEqual([first.access_token, remaining(first.access_token)]);
    await later(2);
    const next = await tokenIn(await askToken(pair));
    expect([next.access_token === first.access_token, next.expires_in > 3_590]).toEqual([false, true]);
  });

  it('is the kept one to its end while Stytch is silent', async () => {
    const { pair } = await newPair();
    const first = await tokenIn(await askToken(pair));
    await later(3_500);
    await fault('token', { kind: 'status', status: 500 });
    expect(await tokenIn(await askToken(pair))).toEqual({
      ...first,
      expires_in: remaining(first.access_token),
    });
  });

  it('spends nothing of the limit', async () => {
    const { pair, key } = await newPair(['items:read'], { limit: { requests: 10, per_seconds: 60 } });
    for (let i = 0; i < 15; i++) await tokenIn(await askToken(pair));
    expect((await call(key)).status).toBe(200);
  });

  it('may be asked for with a Content-Type that has parameters', async () => {
    const { pair } = await newPair();
    const { clientId: client_id, clientSecret: client_secret } = pair;
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret });
    const answer = await postForm(form.toString(), {
      'content-type': 'Application/X-WWW-Form-URLEncoded; charset=UTF-8',
    });
    await tokenIn(answer);
  });

  it('is another one after it was revoked by itself', async () => {
    const { pair, session } = await newPair();
    const { access_token } = await tokenIn(await askToken(pair));
    const ring = (await ringStub(session)) as unknown as Ring;
    const ends = Number(claimsOf(access_token).exp);
    const { client_id, iat } = { client_id: pair.clientId, iat: Number(claimsOf(access_token).iat) };
    const tokenHash = await hashOfToken(access_token);
    await ring.revokeToken({
      name: { kind: 'token', clientId: client_id, owner: ownerOf(session), tokenHash, issuedAt: iat },
      ...{ expiresAt: ends, by: { kind: 'client', clientId: client_id }, author: BY },
    });
    await later(1);
    expect((await tokenIn(await askToken(pair))).access_token).not.toBe(access_token);
  });
});

import { CompactEncrypt, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { inUse, logged } from '../secrets.ts';
import {
  atOrigin,
  cannotTell,
  type Isolate,
  isolate,
  issueKey,
  later,
  notGood,
  now,
  PROJECT,
  refusalOf,
  rooms,
  signIn,
  subjectOf,
} from '../world.ts';
import { FORGERIES, numbersOf, signPss } from './signatures.ts';

/**
 * SECURITY.md 1.2 at the door of a Worker in workerd, row by row. The verifier's own tests have every value of every claim;
 * here the project's signing keys are the test's, so that what is signed right can be wrong in one thing.
 */

const BAD = notGood('acme-api');
const UUID = 'd731954d-dab3-4a2b-bdee-07f3ad1be885';
const USER = `user-test-${UUID}`;
const CANARY = 'https://canary.test/keys';

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));
const encoded = (value: unknown): string =>
  base64url(utf8(typeof value === 'string' ? value : JSON.stringify(value)));

const keyPair = async (kid: string, modulusLength = 2048) => {
  const algorithm = {
    ...{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength },
    publicExponent: Uint8Array.of(1, 0, 1),
  };
  // Not by jose, which makes no key that is too short.
  const pair = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const { kty, n, e } = (await exportJWK(pair.publicKey)) as Required<Pick<JWK, 'kty' | 'n' | 'e'>>;
  return { ...pair, jwk: { kty, n, e, kid, use: 'sig', alg: 'RS256' } };
};
type KeyPair = Awaited<ReturnType<typeof keyPair>>;

const one = await keyPair('one');
const two = await keyPair('two');
const stranger = await keyPair('one');

/** What Stytch serves as the project's keys, besides its own; null for silence. */
let served: readonly object[] | null = [one.jwk, two.jwk];
/** Every URL that was fetched, but the origin's. */
const fetched: string[] = [];

const seconds = (): number => Math.floor(Date.now() / 1000);
const common = () => ({
  ...{ iss: `stytch.com/${PROJECT}`, aud: [PROJECT] },
  ...{ iat: seconds(), nbf: seconds(), exp: seconds() + 300 },
});
const sessionClaim = () => ({
  id: `session-test-${UUID}`,
  expires_at: new Date(Date.now() + 3_600_000).toISOString(),
  roles: ['stytch_user'],
});
const session = (more: object = {}) => ({
  ...{ ...common(), sub: USER, 'https://stytch.com/session': sessionClaim() },
  ...more,
});
const HEADER = { alg: 'RS256', kid: 'one', typ: 'JWT' };

const assemble = (header: unknown, payload: unknown, signature: Uint8Array): string =>
  `${encoded(header)}.${encoded(payload)}.${base64url(signature)}`;

/** Any header and payload, signed well: RSASSA-PKCS1-v1_5 with SHA-256. */
const signed = async (payload: unknown, header: unknown = HEADER, { privateKey }: KeyPair = one) => {
  const input = utf8(`${encoded(header)}.${encoded(payload)}`);
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey, input);
  const token = assemble(header, payload, new Uint8Array(signature));
  inUse(token);
  return token;
};

const NO_KV = { get: async () => null, put: async () => undefined, delete: async () => undefined };
let here: Isolate;

/** Refused like every credential that is not good; no Ring was asked, and the origin was not called. */
const expectBad = async (token: string, where = here): Promise<void> => {
  const before = where.calls.length;
  expect(await refusalOf(await where.call(token, '/v1/any/a'))).toEqual(BAD);
  expect(await refusalOf(await where.call(token, '/optional/a'))).toEqual(BAD);
  expect(where.calls.slice(before)).toEqual([]);
  expect(await rooms.ORIGIN.records()).toEqual([]);
};
const expectGood = async (token: string, where = here): Promise<void> => {
  expect((await where.call(token, '/v1/any/a')).status).toBe(200);
  await rooms.ORIGIN.reset();
};

beforeAll(() => {
  const fetch = vi.mocked(globalThis.fetch);
  const before = fetch.getMockImplementation() ?? fetch;
  fetch.mockImplementation(async (input, init) => {
    const url = String(input);
    if (!url.startsWith('https://origin.test/')) fetched.push(url);
    if (!url.includes('/jwks/')) return before(input, init);
    if (served === null) return new Response('', { status: 500 });
    const { keys } = (await (await before(input, init)).json()) as { keys: object[] };
    return Response.json({ keys: [...served, ...keys] });
  });
  here = isolate({ VAULT: NO_KV });
});
beforeEach(async () => {
  served = [one.jwk, two.jwk];
  fetched.length = 0;
  await rooms.ORIGIN.reset();
});
afterEach(now);
afterAll(() => vi.restoreAllMocks());

it('a session that is right in everything is good, by either key', async () => {
  await expectGood(await signed(session()));
  await expectGood(await signed(session(), { ...HEADER, kid: 'two' }, two));
});

describe('JWT-01 and JWT-03 › the algorithm is RS256, and nothing that a token says changes it', () => {
  it.each(['none', 'None', 'nOnE', 'NONE', '', 'rs256', 'RS256 ', null, ['RS256']])('%j', async (alg) => {
    const header = { ...HEADER, alg };
    await expectBad(assemble(header, session(), new Uint8Array()));
    await expectBad(await signed(session(), header));
  });

  it.each(['RS384', 'RS512', 'PS256', 'PS512'])('%s, with the project’s own key', async (alg) => {
    const pkcs8 = (await crypto.subtle.exportKey('pkcs8', one.privateKey)) as ArrayBuffer;
    const name = alg.startsWith('PS') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5';
    const algorithm = { name, hash: `SHA-${alg.slice(2)}` };
    const key = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']);
    await expectBad(await new SignJWT(session()).setProtectedHeader({ ...HEADER, alg }).sign(key));
  });

  it.each(['ES256', 'EdDSA'])('%s, of any key', async (alg) => {
    const { privateKey } = await generateKeyPair(alg);
    await expectBad(await new SignJWT(session()).setProtectedHeader({ ...HEADER, alg }).sign(privateKey));
  });
});

describe('JWT-02 › the public key is no secret of an HMAC', () => {
  const spellings = async (): Promise<readonly (readonly [string, Uint8Array])[]> => {
    const der = new Uint8Array((await crypto.subtle.exportKey('spki', one.publicKey)) as ArrayBuffer);
    const base64 = btoa(String.fromCharCode(...der));
    const lines = base64.match(/.{1,64}/g)?.join('\n') ?? '';
    const pem = `-----BEGIN PUBLIC KEY-----\n${lines}\n-----END PUBLIC KEY-----`;
    const { n, kid, kty, e } = one.jwk;
    const modulus = Uint8Array.from(atob(n.replaceAll('-', '+').replaceAll('_', '/')), (c) =>
      c.charCodeAt(0),
    );
    return [
      ['DER', der],
      ['PEM', utf8(pem)],
      ['PEM with a line end', utf8(`${pem}\n`)],
      ['PEM with other line ends', utf8(pem.replaceAll('\n', '\r\n'))],
      ['PEM in one line', utf8(pem.replaceAll('\n', ''))],
      ['base64 of DER', utf8(base64)],
      ['the JWK as it is served', utf8(JSON.stringify(one.jwk))],
      ['the JWK, canonical (RFC 7638)', utf8(JSON.stringify({ e, kty, n }))],
      ['the JWKS', utf8(JSON.stringify({ keys: served }))],
      ['the modulus', modulus],
      ['the modulus with a zero before it', Uint8Array.from([0, ...modulus])],
      ['the modulus in base64url', utf8(n)],
      ['the kid', utf8(kid)],
    ];
  };

  it.each(['HS256', 'HS384', 'HS512', 'RS256'])('%s', async (alg) => {
    const header = { ...HEADER, alg };
    const hash = `SHA-${alg.startsWith('HS') ? alg.slice(2) : '256'}`;
    const input = utf8(`${encoded(header)}.${encoded(session())}`);
    for (const [, secret] of await spellings()) {
      const key = await crypto.subtle.importKey(
        'raw',
        new Uint8Array(secret),
        { name: 'HMAC', hash },
        false,
        ['sign'],
      );
      await expectBad(
        assemble(header, session(), new Uint8Array(await crypto.subtle.sign('HMAC', key, input))),
      );
    }
  });
});

describe('RFC 8017 §8.2.2 › one signature is right', () => {
  const claims = session();
  const input = utf8(`${encoded(HEADER)}.${encoded(claims)}`);

  it.each(FORGERIES)('%s is not', async (_, forge) => {
    const key = numbersOf((await exportJWK(one.privateKey)) as JsonWebKey);
    const right = new Uint8Array(await crypto.subtle.sign('RSASSA-PKCS1-v1_5', one.privateKey, input));
    await expectBad(assemble(HEADER, claims, await forge({ key, input, right })));
  });

  it('that of RSASSA-PSS is not', async () => {
    const jwk = (await exportJWK(one.privateKey)) as JsonWebKey;
    await expectBad(assemble(HEADER, claims, await signPss(jwk, input)));
  });

  it('that of a stranger under our kid is not, nor that of our other key', async () => {
    await expectBad(await signed(session(), HEADER, stranger));
    await expectBad(await signed(session(), HEADER, two));
  });

  it('that of a key of another size under our kid is not', async () => {
    for (const bits of [3072, 4096])
      await expectBad(await signed(session(), HEADER, await keyPair('one', bits)));
  });

  it('that of a key that is too short is not, though it stands in the JWKS (RFC 7518 §3.3)', async () => {
    const short = await keyPair('short', 1024);
    served = [short.jwk, one.jwk];
    const elsewhere = isolate({ VAULT: NO_KV });
    await expectBad(await signed(session(), { ...HEADER, kid: 'short' }, short), elsewhere);
    await expectGood(await signed(session()), elsewhere);
  });

  it('covers what it is over: another payload or header under it is not signed', async () => {
    const [header, payload, signature] = (await signed(session())).split('.');
    const richer = encoded(session({ sub: USER.replace('d7', 'e8') }));
    await expectBad(`${header}.${richer}.${signature}`);
    await expectBad(`${encoded({ ...HEADER, kid: 'one', x: 1 })}.${payload}.${signature}`);
    await expectBad(`${payload}.${header}.${signature}`);
  });
});

describe('JWT-04 › where the key is, the token does not say', () => {
  it.each(['jku', 'x5u', 'jwk', 'x5c'])('%s is neither followed nor used', async (name) => {
    const value = { jku: CANARY, x5u: CANARY, jwk: stranger.jwk, x5c: [stranger.jwk.n] }[name];
    await expectBad(await signed(session(), { ...HEADER, [name]: value }, stranger));
    await expectBad(await signed(session(), { ...HEADER, kid: CANARY, [name]: value }, stranger));
    await expectGood(await signed(session(), { ...HEADER, [name]: value }));
    expect(fetched.filter((url) => url.includes('canary'))).toEqual([]);
    expect((await rooms.INTERNET.refused()).filter((call) => call.includes('canary'))).toEqual([]);
  });
});

describe('JWT-05 and JWT-07 › the kid names a key, and is never part of anything else', () => {
  it.each([
    undefined,
    '',
    '../../one',
    "one' OR '1'='1",
    CANARY,
    'one\n{"event":"forged"}',
    'one\0',
    'o'.repeat(4_000),
    1,
    ['one'],
    null,
    '__proto__',
    'constructor',
  ])('%j', async (kid) => {
    await expectBad(await signed(session(), { ...HEADER, kid }));
    expect(fetched.filter((url) => !url.endsWith(`/jwks/${PROJECT}`))).toEqual([]);
    expect(logged().filter(({ event }) => event === 'forged')).toEqual([]);
  });
});

describe('JWT-06 › a flood of unknown kids', () => {
  it('asks for the keys once in half a minute, and hinders nobody', async () => {
    const elsewhere = isolate({ VAULT: NO_KV });
    await expectGood(await signed(session()), elsewhere);
    await later(31);
    fetched.length = 0;
    for (let i = 0; i < 50; i++)
      await expectBad(await signed(session(), { ...HEADER, kid: `unknown-${i}` }), elsewhere);
    expect(fetched.length).toBe(1);
    await expectGood(await signed(session()), elsewhere);
  });

  it('is no verdict while the keys cannot be had: 503, and what is known goes on', async () => {
    const elsewhere = isolate({ VAULT: NO_KV });
    await expectGood(await signed(session()), elsewhere);
    await later(31);
    served = null;
    const unknown = await signed(session(), { ...HEADER, kid: 'new' });
    expect(await refusalOf(await elsewhere.call(unknown, '/v1/any/a'))).toEqual(cannotTell());
    await expectGood(await signed(session()), elsewhere);
    expect(await refusalOf(await isolate({ VAULT: NO_KV }).call(unknown, '/v1/any/a'))).toEqual(cannotTell());
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});

describe('JWT-08 › a compact JWS, and nothing that changes its meaning', () => {
  it.each([
    ['crit', { crit: ['exp'] }],
    ['b64', { b64: false, crit: ['b64'] }],
    ['zip', { zip: 'DEF' }],
    ['cty', { cty: 'JWT' }],
    ['no typ', { typ: undefined }],
    ['the typ of RFC 9068', { typ: 'at+jwt' }],
  ])('%s', async (_, header) => expectBad(await signed(session(), { ...HEADER, ...header })));

  it('two parts, four, and a JWE of five', async () => {
    const token = await signed(session());
    const [header, payload, signature] = token.split('.');
    for (const odd of [`${header}.${payload}`, `${token}.`, `${token}.${signature}`, `.${token}`, '..']) {
      if (odd.length > 16) inUse(odd);
      await expectBad(odd);
    }
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const encrypted = await new CompactEncrypt(utf8(JSON.stringify(session())))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'one', cty: 'JWT' })
      .encrypt(secret);
    await expectBad(encrypted);
  });

  it('a JWT in a JWT', async () => {
    await expectBad(await signed(await signed(session()), { ...HEADER, cty: 'JWT' }));
    await expectBad(await signed(await signed(session())));
  });
});

describe('JWT-09 and JWT-10 › exactly one kind', () => {
  const app = `connected-app-test-${UUID}`;
  it.each<[string, () => object]>([
    ['a token of a Connected App', () => ({ ...common(), sub: USER, client_id: app, scope: 'openid email' })],
    ['a Connected App for itself', () => ({ ...common(), sub: app, client_id: app, scope: 'openid' })],
    ['a Connected App that claims a session', () => session({ client_id: app, scope: 'openid' })],
    ['an ID token', () => ({ ...common(), sub: USER, aud: [app], email: 'ada@example.com' })],
    ['an ID token for the project', () => ({ ...common(), sub: USER, email: 'ada@example.com' })],
    ['a session with a scope', () => session({ scope: 'items:read' })],
    ['a session of a client', () => session({ sub: `m2m-client-test-${UUID}` })],
    ['a session of a member', () => session({ sub: `member-test-${UUID}` })],
    [
      'a session that is over',
      () =>
        session({ 'https://stytch.com/session': { ...sessionClaim(), expires_at: '2020-01-01T00:00:00Z' } }),
    ],
    ['a client named like a user', () => ({ ...common(), sub: USER, scope: 'items:read' })],
    [
      'a client named like a key of nobody',
      () => ({ ...common(), sub: `acme_test_${'0'.repeat(28)}`, scope: 'a' }),
    ],
    ['a client with a session', () => session({ sub: `acme_test_${'0'.repeat(28)}`, scope: 'a' })],
    ['nothing but times', common],
  ])('%s', async (_, claims) => expectBad(await signed(claims())));
});

describe('JWT-11, JWT-12 and JWT-13 › from whom, for whom, from when to when', () => {
  it.each<[string, () => object]>([
    ['another issuer', () => ({ iss: 'stytch.com/project-test-22222222-2222-4222-8222-222222222222' })],
    ['the live project', () => ({ iss: `stytch.com/${PROJECT.replace('test', 'live')}` })],
    ['a slash more', () => ({ iss: `stytch.com/${PROJECT}/` })],
    ['capitals', () => ({ iss: `STYTCH.com/${PROJECT}` })],
    ['a list of issuers', () => ({ iss: [`stytch.com/${PROJECT}`] })],
    ['our own name as issuer (JWT-20)', () => ({ iss: 'https://desk.test' })],
    ['no audience', () => ({ aud: undefined })],
    ['an empty audience', () => ({ aud: [] })],
    ['another audience besides', () => ({ aud: [PROJECT, 'other'] })],
    ['the origin as audience (JWT-20)', () => ({ aud: 'acme-api' })],
    ['no end', () => ({ exp: undefined })],
    ['an end that is text', () => ({ exp: String(seconds() + 300) })],
    ['an end that is a fraction', () => ({ exp: seconds() + 300.5 })],
    ['an end in 10^300 s', () => ({ exp: 1e300 })],
    ['an end before 1970', () => ({ exp: -1 })],
    ['a life of more than a day', () => ({ exp: seconds() + 86_401 })],
    ['no beginning', () => ({ iat: undefined })],
    ['made in the future', () => ({ iat: seconds() + 60 })],
    ['good from a minute on', () => ({ nbf: seconds() + 60 })],
  ])('%s', async (_, more) => expectBad(await signed(session(more()))));
});

describe('JWT-14 › to the second', () => {
  it('exp is the end, warm as cold; iat may be five seconds ahead', async () => {
    const token = await signed(session({ exp: seconds() + 20 }));
    await later(19);
    await expectGood(token);
    await later(1);
    await expectBad(token);
    await expectGood(await signed(session({ iat: seconds() + 5 })));
    await expectBad(await signed(session({ iat: seconds() + 6 })));
  });
});

describe('JWT-15 › a token has one spelling, also when it is warm', () => {
  it('what is in memory answers to no other', async () => {
    const token = await signed(session());
    await expectGood(token);
    // A signature of 256 bytes has four bits to spare in its last character: fifteen more texts that decode to it.
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(token.slice(-1));
    const spare = Array.from({ length: 15 }, (_, i) => token.slice(0, -1) + alphabet.charAt(last ^ (i + 1)));
    for (const odd of [...spare, `${token}=`, `${token}==`, token.replace('.', '=.'), `${token}A`]) {
      inUse(odd);
      await expectBad(odd);
    }
    await expectGood(token);
  });
});

describe('JWT-16 › odd JSON', () => {
  const without = (name: string): Record<string, unknown> =>
    Object.fromEntries(Object.entries(session()).filter(([each]) => each !== name));

  it('a member named __proto__ gives no claim', async () => {
    for (const name of ['sub', 'exp', 'https://stytch.com/session']) {
      const hidden = JSON.stringify({ [name]: (session() as Record<string, unknown>)[name] });
      await expectBad(await signed(`${JSON.stringify(without(name)).slice(0, -1)},"__proto__":${hidden}}`));
    }
  });

  it('nesting without end, and what is no object', async () => {
    for (const odd of ['['.repeat(3_000), '[]', '"x"', 'null', '1', '{']) await expectBad(await signed(odd));
  });
});

describe('JWT-17 and JWT-18 › what a client’s token says of scopes and of its owner', () => {
  /** A key of a user that Stytch knows, and a token of it, as the test signs it. */
  const keyOf = async () => {
    const signedIn = await signIn();
    const { key_id } = await issueKey(signedIn, ['items:read', 'items:write']);
    const claims = { ...common(), sub: key_id, user_id: subjectOf(signedIn), scope: 'items:read' };
    return (more: object = {}) => signed({ ...claims, ...more });
  };

  it('a scope that is no list of scope-tokens grants nothing', async () => {
    const token = await keyOf();
    expect((await here.call(await token())).status).toBe(200);
    await rooms.ORIGIN.reset();
    for (const scope of [
      'items:read  items:write',
      'items:read\n',
      '',
      'items',
      'items:read*',
      `${'a '.repeat(100)}items:read`,
    ]) {
      const refused = await here.call(await token({ scope }));
      expect(await refusalOf(refused)).toMatchObject({ status: 403, code: 'insufficient_scope' });
    }
    for (const scope of [['items:read'], { 'items:read': true }, 7, null])
      await expectBad(await token({ scope }));
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('an owner that could not stand in a header is none, and no other claim comes to the origin', async () => {
    const token = await keyOf();
    for (const user_id of [
      'user\r\nx-latchkey-scopes: admin',
      'user\0',
      'üser',
      '',
      'u'.repeat(257),
      7,
      null,
      [USER],
    ])
      await expectBad(await token({ user_id }));
    const claims = {
      roles: ['admin'],
      organization_id: 'organization-x',
      scopes: 'admin:all',
      client_id: undefined,
    };
    expect((await here.call(await token(claims))).status).toBe(200);
    expect([await atOrigin('x-latchkey-scopes'), await atOrigin('x-latchkey-organization-id')]).toEqual([
      'items:read',
      null,
    ]);
  });
});

describe('JWT-20 › what we tell an origin opens nothing here', () => {
  it('our assertion, sent back, is refused', async () => {
    expect((await here.call(await signed(session()), '/v1/any/a')).status).toBe(200);
    const assertion = (await atOrigin('x-latchkey-assertion')) ?? '';
    expect(assertion.split('.')).toHaveLength(3);
    inUse(assertion);
    await rooms.ORIGIN.reset();
    await expectBad(assertion);
  });

  it('nor does a token that is like it, though Stytch signed it', async () => {
    await expectBad(await signed(session(), { ...HEADER, typ: 'latchkey-assertion+jwt' }));
    await expectBad(await signed(session({ iss: 'https://desk.test', aud: 'acme-api' })));
  });
});

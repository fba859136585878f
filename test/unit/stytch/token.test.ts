import { createHmac } from 'node:crypto';
import { CompactEncrypt, SignJWT } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import type { TokenVerdict } from '../../../src/model/token.ts';
import { createTokenVerifier, MAX_TOKEN_LENGTH, type TokenRules } from '../../../src/stytch/token.ts';
import { assemble, makeSigner, signRaw } from './signer.ts';

const NOON = Date.UTC(2026, 10, 1, 12);
const NOW = NOON / 1000;
const PROJECT = 'project-test-1';
const UUID = 'd731954d-dab3-4a2b-bdee-07f3ad1be885';
const USER = `user-test-${UUID}`;
const MEMBER = `member-test-${UUID}`;
const ORGANIZATION = `organization-test-${UUID}`;
const CLIENT = 'acme_test_1';

const RULES: TokenRules = {
  projectId: PROJECT,
  issuers: [`stytch.com/${PROJECT}`, 'https://login.acme.test'],
  vertical: 'consumer',
  ownerClaim: 'user_id',
  isClientId: (id) => id === CLIENT || id.startsWith('imported'),
};

const ours = await makeSigner('k1');
const stranger = await makeSigner('k1');
const other = await makeSigner('k2');

const HEADER = { alg: 'RS256', kid: 'k1', typ: 'JWT' };
const COMMON = {
  iss: `stytch.com/${PROJECT}`,
  aud: [PROJECT],
  iat: NOW - 60,
  nbf: NOW - 60,
  exp: NOW + 3_540,
};
const M2M = { ...COMMON, sub: CLIENT, scope: 'items:read items:write', user_id: USER };
const SESSION_CLAIM = {
  id: `session-test-${UUID}`,
  started_at: '2026-11-01T11:00:00Z',
  last_accessed_at: '2026-11-01T11:59:00Z',
  expires_at: '2026-11-01T13:00:00Z',
  attributes: { user_agent: '', ip_address: '' },
  authentication_factors: [],
  roles: ['stytch_user', 'editor'],
};
const SESSION = { ...COMMON, exp: NOW + 240, sub: USER, 'https://stytch.com/session': SESSION_CLAIM };
const B2B_SESSION = {
  ...SESSION,
  sub: MEMBER,
  'https://stytch.com/session': { ...SESSION_CLAIM, roles: ['stytch_member'] },
  'https://stytch.com/organization': { organization_id: ORGANIZATION, slug: 'acme' },
};

const asked: string[] = [];
const verifier = (rules: Partial<TokenRules> = {}) =>
  createTokenVerifier({ ...RULES, ...rules }, async (kid) => {
    asked.push(kid);
    if (kid === 'silent') return 'unknowable';
    return kid === 'k1' ? ours.publicKey : kid === 'k2' ? other.publicKey : 'absent';
  });
const verify = verifier();

const judge = async (payload: object, header: object = HEADER, now = NOON): Promise<TokenVerdict> =>
  verify(await signRaw(ours, header, payload), now);

const GOOD_M2M = {
  verdict: 'good',
  token: {
    kind: 'm2m',
    clientId: CLIENT,
    scopes: ['items:read', 'items:write'],
    ownerId: USER,
    organizationId: null,
    issuedAt: NOW - 60,
    expiresAt: NOW + 3_540,
  },
} as const;
const BAD = { verdict: 'bad', because: expect.any(String) };

describe('an access token of a client', () => {
  it('is taken for what it says', async () => {
    expect(await judge(M2M)).toEqual(GOOD_M2M);
  });

  it('may have other claims, none of which counts', async () => {
    expect(await judge({ ...M2M, admin: true, owner: 'x', __proto__: 1, roles: ['admin'] })).toEqual(
      GOOD_M2M,
    );
  });

  it('without an owner claim has no owner', async () => {
    const { user_id: _, ...without } = M2M;
    expect(await judge(without)).toEqual({ verdict: 'good', token: { ...GOOD_M2M.token, ownerId: null } });
  });

  it.each([
    ['organization-test-0a900000-0000-4000-8000-000000000003', true],
    ['acme', false],
    ['organization-test-x y', false],
    ['x organization-test-0a900000-0000-4000-8000-000000000003', false],
    ['organization-test-0a900000-0000-4000-8000-000000000003\n', false],
    ['', false],
    [null, false],
    [7, false],
  ])('that names an organisation by organization_id %j: taken %s', async (organization_id, taken) => {
    const organizationId = taken ? organization_id : null;
    expect(await judge({ ...M2M, organization_id })).toEqual({
      verdict: 'good',
      token: { ...GOOD_M2M.token, organizationId },
    });
  });

  it('has its owner in the claim that is configured', async () => {
    const token = await signRaw(ours, HEADER, { ...M2M, 'https://acme.test/owner': 'x-1' });
    expect(await verifier({ ownerClaim: 'https://acme.test/owner' })(token, NOON)).toMatchObject({
      token: { ownerId: 'x-1' },
    });
  });

  it.each([
    ['text with a line break', 'user\r\nx-admin: 1'],
    ['text with a NUL', 'user\0'],
    ['text that is not ASCII', 'üser'],
    ['nothing', ''],
    ['too much', 'u'.repeat(257)],
    ['null', null],
    ['a number', 7],
    ['a list', [USER]],
    ['an object', { id: USER }],
  ])('JWT-18: is refused with an owner of %s', async (_, user_id) => {
    expect(await judge({ ...M2M, user_id })).toEqual(BAD);
  });

  it.each([
    ['a doubled space', 'items:read  items:write'],
    ['a control character', 'items:read\nadmin'],
    ['letters that are not ASCII', 'items:réad'],
    ['4097 characters', 'a'.repeat(4_097)],
    ['101 scopes', Array(101).fill('a').join(' ')],
    ['nothing', ''],
  ])('JWT-17: with a scope of %s grants nothing', async (_, scope) => {
    expect(await judge({ ...M2M, scope })).toMatchObject({ verdict: 'good', token: { scopes: [] } });
  });
});

describe('JWT-01, JWT-02, JWT-03: the algorithm', () => {
  const headerOf = (alg: unknown) => ({ ...HEADER, alg });

  it.each(['none', 'None', 'NONE', 'nOnE', '', null, undefined, 0, ['RS256'], 'rs256', 'RS256 '])(
    '%j is refused, without and with any signature',
    async (alg) => {
      for (const signature of [new Uint8Array(), new Uint8Array(256)]) {
        expect(await verify(assemble(headerOf(alg), M2M, signature), NOON)).toEqual(BAD);
      }
      expect(await judge(M2M, headerOf(alg))).toEqual(BAD);
    },
  );

  it('HS256 with the public key as its secret is refused, in every spelling of that key', async () => {
    const der = Buffer.from((await crypto.subtle.exportKey('spki', ours.publicKey)) as ArrayBuffer);
    const base64 = der.toString('base64');
    const pem = `-----BEGIN PUBLIC KEY-----\n${base64.match(/.{1,64}/g)?.join('\n')}\n-----END PUBLIC KEY-----`;
    const secrets = [
      der,
      pem,
      `${pem}\n`,
      base64,
      JSON.stringify(ours.jwk),
      Buffer.from(ours.jwk.n ?? '', 'base64url'),
      ours.jwk.n ?? '',
    ];
    for (const alg of ['HS256', 'RS256']) {
      for (const secret of secrets) {
        const unsigned = assemble(headerOf(alg), M2M, new Uint8Array()).slice(0, -1);
        const mac = createHmac('sha256', secret).update(unsigned).digest();
        expect(await verify(assemble(headerOf(alg), M2M, mac), NOON)).toEqual(BAD);
      }
    }
  });

  it.each(['RS384', 'RS512', 'PS256', 'PS384', 'PS512'])('%s with the right key is refused', async (alg) => {
    const pkcs8 = await crypto.subtle.exportKey('pkcs8', ours.privateKey);
    const name = alg.startsWith('PS') ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5';
    const key = await crypto.subtle.importKey(
      'pkcs8',
      pkcs8 as ArrayBuffer,
      { name, hash: `SHA-${alg.slice(2)}` },
      false,
      ['sign'],
    );
    expect(
      await verify(await new SignJWT(M2M).setProtectedHeader({ ...HEADER, alg }).sign(key), NOON),
    ).toEqual(BAD);
  });

  it.each(['ES256', 'EdDSA'])('%s is refused', async (alg) => {
    const { generateKeyPair } = await import('jose');
    const { privateKey } = await generateKeyPair(alg);
    expect(
      await verify(await new SignJWT(M2M).setProtectedHeader({ ...HEADER, alg }).sign(privateKey), NOON),
    ).toEqual(BAD);
  });

  it('our own assertion, which an origin sends back, is refused (JWT-20)', async () => {
    const { generateKeyPair } = await import('jose');
    const { privateKey } = await generateKeyPair('ES256');
    const header = { alg: 'ES256', kid: 'k1', typ: 'latchkey-assertion+jwt' };
    expect(await verify(await new SignJWT(M2M).setProtectedHeader(header).sign(privateKey), NOON)).toEqual(
      BAD,
    );
    expect(await judge(M2M, { ...header, alg: 'RS256' })).toEqual(BAD);
  });
});

describe('the signature', () => {
  it('of a stranger with our kid, or of another key of ours, is refused', async () => {
    expect(await verify(await signRaw(stranger, HEADER, M2M), NOON)).toEqual(BAD);
    expect(await verify(await signRaw(ours, { ...HEADER, kid: 'k2' }, M2M), NOON)).toEqual(BAD);
    expect(await verify(await signRaw(other, { ...HEADER, kid: 'k2' }, M2M), NOON)).toEqual(GOOD_M2M);
  });

  it('covers header and payload: nothing can be put in their place', async () => {
    const [header, payload, signature] = (await signRaw(ours, HEADER, M2M)).split('.');
    const richer = Buffer.from(JSON.stringify({ ...M2M, scope: 'admin:all' })).toString('base64url');
    const older = Buffer.from(JSON.stringify({ ...HEADER, extra: 1 })).toString('base64url');
    expect(await verify(`${header}.${richer}.${signature}`, NOON)).toEqual(BAD);
    expect(await verify(`${older}.${payload}.${signature}`, NOON)).toEqual(BAD);
  });

  it('an expired token with a forged signature is told from no other expired token, and is as bad', async () => {
    const expired = { ...M2M, iat: NOW - 7_200, nbf: NOW - 7_200, exp: NOW - 3_600 };
    for (const signer of [ours, stranger])
      expect(await verify(await signRaw(signer, HEADER, expired), NOON)).toEqual({
        verdict: 'bad',
        because: 'expired',
      });
  });
});

describe('JWT-04: where the key is, the token does not say', () => {
  it('jku, x5u, jwk and x5c are neither followed nor used', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('the canary was asked'));
    const lures = {
      jku: 'https://canary.test/jwks',
      x5u: 'https://canary.test/x',
      jwk: stranger.jwk,
      x5c: ['x'],
      'x5t#S256': 'x',
    };
    expect(await verify(await signRaw(stranger, { ...HEADER, ...lures }, M2M), NOON)).toEqual(BAD);
    expect(await judge(M2M, { ...HEADER, ...lures })).toEqual(GOOD_M2M);
    expect(fetched).not.toHaveBeenCalled();
    fetched.mockRestore();
  });
});

describe('JWT-05, JWT-07: the kid', () => {
  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['a path', '../../k1'],
    ['a URL', 'https://canary.test/k1'],
    ['SQL', "k1' OR '1'='1"],
    ['with a line break', 'k1\n'],
    ['with a NUL', 'k1\0'],
    ['too long', 'k'.repeat(129)],
    ['10 kB', 'k'.repeat(10_000)],
    ['a number', 1],
    ['a list', ['k1']],
    ['null', null],
  ])('that is %s is refused before anybody is asked for a key', async (_, kid) => {
    asked.length = 0;
    expect(await judge(M2M, { ...HEADER, kid })).toEqual(BAD);
    expect(asked).toEqual([]);
  });

  it('that Stytch does not have is bad, and one that cannot be looked up is no verdict', async () => {
    expect(await judge(M2M, { ...HEADER, kid: 'unheard-of' })).toEqual({ verdict: 'bad', because: 'kid' });
    expect(await judge(M2M, { ...HEADER, kid: 'silent' })).toEqual({ verdict: 'unknowable' });
  });
});

describe('DOS-05: garbage', () => {
  it.each<readonly [string, () => Promise<string>]>([
    ['too long', async () => signRaw(ours, HEADER, { ...M2M, more: 'x'.repeat(MAX_TOKEN_LENGTH) })],
    ['two parts', async () => (await signRaw(ours, HEADER, M2M)).split('.', 2).join('.')],
    ['four parts', async () => `${await signRaw(ours, HEADER, M2M)}.x`],
    ['five parts', async () => `${await signRaw(ours, HEADER, M2M)}.x.x`],
    ['no payload', async () => signRaw(ours, HEADER, '')],
    ['a payload that is no object', async () => signRaw(ours, HEADER, '[]')],
    ['another algorithm', async () => signRaw(ours, { ...HEADER, alg: 'ES256' }, M2M)],
    ['none', async () => signRaw(ours, { ...HEADER, alg: 'none' }, M2M)],
    ['no kid', async () => signRaw(ours, { alg: 'RS256', typ: 'JWT' }, M2M)],
    ['a kid that is none', async () => signRaw(ours, { ...HEADER, kid: '../k1' }, M2M)],
    ['an end that is past', async () => signRaw(ours, HEADER, { ...M2M, exp: NOW - 5 })],
    [
      'an end that is past, of a key that cannot be had',
      async () => signRaw(ours, { ...HEADER, kid: 'silent' }, { ...M2M, exp: NOW - 5 }),
    ],
  ])('of %s costs no key and no signature', async (_, make) => {
    const jwt = await make();
    asked.length = 0;
    const check = vi.spyOn(crypto.subtle, 'verify');
    try {
      expect(await verify(jwt, NOON)).toEqual(BAD);
      expect([asked, check.mock.calls]).toEqual([[], []]);
    } finally {
      check.mockRestore();
    }
  });

  it('is no good for its end: one that lies ahead is not believed without the signature', async () => {
    for (const exp of [NOW - 4, NOW + 60])
      expect(await verify(await signRaw(stranger, HEADER, { ...M2M, exp }), NOON)).toEqual(BAD);
    expect(await judge({ ...M2M, exp: NOW - 4 })).toMatchObject({ verdict: 'good' });
  });
});

describe('JWT-08: the form', () => {
  it.each([
    ['crit', { crit: ['exp'] }],
    ['crit that is empty', { crit: [] }],
    ['crit that is null', { crit: null }],
    ['b64', { b64: false }],
    ['b64 that is announced', { b64: false, crit: ['b64'] }],
    ['b64 that is true', { b64: true }],
    ['zip', { zip: 'DEF' }],
    ['cty', { cty: 'JWT' }],
    ['typ missing', { typ: undefined }],
    ['typ of RFC 9068', { typ: 'at+jwt' }],
    ['typ of DPoP', { typ: 'dpop+jwt' }],
    ['typ that is a number', { typ: 1 }],
  ])('%s is refused', async (_, header) => {
    expect(await judge(M2M, { ...HEADER, ...header })).toEqual(BAD);
  });

  it('a header or payload that is no object is refused', async () => {
    for (const odd of [
      '[]',
      '"x"',
      '1',
      'null',
      '',
      '{',
      '\u{feff}{}',
      '{"alg":"RS256"',
      '[{"alg":"RS256","kid":"k1"}]',
    ]) {
      asked.length = 0;
      expect(await verify(await signRaw(ours, odd, M2M), NOON)).toEqual({ verdict: 'bad', because: 'form' });
      expect(asked).toEqual([]);
      expect(await verify(await signRaw(ours, HEADER, odd), NOON)).toEqual(BAD);
    }
  });

  it('a header that is not UTF-8 is refused', async () => {
    const [, payload, signature] = (await signRaw(ours, HEADER, M2M)).split('.');
    const header = Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url');
    asked.length = 0;
    expect(await verify(`${header}.${payload}.${signature}`, NOON)).toEqual(BAD);
    expect(asked).toEqual([]);
  });

  it('an encrypted token is refused', async () => {
    const encrypted = await new CompactEncrypt(Buffer.from(JSON.stringify(M2M)))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'k1', cty: 'JWT' })
      .encrypt(crypto.getRandomValues(new Uint8Array(32)));
    expect(encrypted.split('.')).toHaveLength(5);
    expect(await verify(encrypted, NOON)).toEqual(BAD);
  });

  it('2, 4 and 10,000 parts and JSON serialisation are refused before anybody is asked for a key', async () => {
    asked.length = 0;
    const token = await signRaw(ours, HEADER, M2M);
    const [header, payload, signature] = token.split('.');
    const json = JSON.stringify({ protected: header, payload, signature });
    for (const odd of [
      '',
      '.',
      '..',
      `${header}.${payload}`,
      `${token}.`,
      `.${token}`,
      `${token}.${signature}`,
      '.'.repeat(8_000),
      json,
    ]) {
      expect(await verify(odd, NOON)).toEqual(BAD);
    }
    expect(asked).toEqual([]);
  });

  it('longer than 8 KiB is refused before any work', async () => {
    asked.length = 0;
    // With another member in its header, its parts come to 8,192 characters in all.
    const padded = (length: number) =>
      signRaw(ours, { ...HEADER, pad: 'x' }, { ...M2M, pad: 'x'.repeat(length) });
    const long = await padded(6_500);
    expect(long.length).toBeGreaterThan(MAX_TOKEN_LENGTH);
    expect([await verify(long, NOON), asked]).toEqual([BAD, []]);
    const spare = MAX_TOKEN_LENGTH - (await padded(0)).length;
    const longest = await padded(Math.ceil((spare * 3) / 4));
    expect(longest).toHaveLength(MAX_TOKEN_LENGTH);
    expect(await verify(longest, NOON)).toEqual(GOOD_M2M);
  });
});

describe('JWT-15: a token has one spelling', () => {
  it('padding, line breaks, the other alphabet and spare bits are refused, in each part', async () => {
    const token = await signRaw(ours, HEADER, { ...M2M, pad: '???>>>~~~' });
    const parts = token.split('.');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const respelled = parts.flatMap((part, index) => {
      const last = alphabet.indexOf(part.slice(-1));
      const flipped =
        part.length % 4 === 0
          ? []
          : [1, 2, 3].map((bits) => part.slice(0, -1) + alphabet.charAt(last ^ bits));
      const spellings = [
        `${part}=`,
        `${part}==`,
        `${part}\n`,
        `${part} `,
        ` ${part}`,
        `${part}A`,
        part.replaceAll('-', '+'),
        part.replaceAll('_', '/'),
        ...flipped,
      ];
      return spellings.filter((each) => each !== part).map((each) => parts.with(index, each).join('.'));
    });
    expect(respelled.length).toBeGreaterThan(20);
    for (const each of respelled) expect([each, await verify(each, NOON)]).toEqual([each, BAD]);
    expect(await verify(token, NOON)).toMatchObject({ verdict: 'good' });
  });
});

describe('JWT-11: the issuer', () => {
  it.each(RULES.issuers)('may be %s', async (iss) => {
    expect(await judge({ ...M2M, iss })).toEqual(GOOD_M2M);
  });

  it.each([
    ['missing', undefined],
    ['another project', 'stytch.com/project-test-2'],
    ['live for test', 'stytch.com/project-live-1'],
    ['with a slash at its end', `stytch.com/${PROJECT}/`],
    ['in upper case', `STYTCH.COM/${PROJECT}`],
    ['with a scheme', `https://stytch.com/${PROJECT}`],
    ['a domain with a slash at its end', 'https://login.acme.test/'],
    ['a domain without its scheme', 'login.acme.test'],
    ['a list', [`stytch.com/${PROJECT}`]],
    ['an object', { 0: `stytch.com/${PROJECT}` }],
    ['empty', ''],
  ])('that is %s is refused', async (_, iss) => {
    expect(await judge({ ...M2M, iss })).toEqual(BAD);
  });
});

describe('JWT-12: the audience', () => {
  it('may be the project, alone or in a list of one', async () => {
    expect(await judge({ ...M2M, aud: PROJECT })).toEqual(GOOD_M2M);
    expect(await judge({ ...M2M, aud: [PROJECT] })).toEqual(GOOD_M2M);
  });

  it.each([
    ['missing', undefined],
    ['nobody', []],
    ['another', ['project-test-2']],
    ['others besides', [PROJECT, 'other']],
    ['others first', ['other', PROJECT]],
    ['the project twice', [PROJECT, PROJECT]],
    ['longer', `${PROJECT}0`],
    ['a list in a list', [[PROJECT]]],
    ['an object', { [PROJECT]: true }],
    ['null', null],
  ])('that is %s is refused', async (_, aud) => {
    expect(await judge({ ...M2M, aud })).toEqual(BAD);
  });
});

describe('JWT-13: the times', () => {
  const values = [
    ['missing', undefined],
    ['text', String(NOW + 100)],
    ['a fraction', NOW + 0.5],
    ['1e300', 1e300],
    ['negative', -1],
    ['zero', 0],
    ['null', null],
    ['a list', [NOW]],
    ['true', true],
  ] as const;
  it.each(values)('exp and iat that are %s are refused', async (_, value) => {
    expect(await judge({ ...M2M, exp: value })).toEqual(BAD);
    expect(await judge({ ...M2M, iat: value })).toEqual(BAD);
  });

  it.each(values.slice(1))('nbf that is %s is refused', async (_, nbf) => {
    expect(await judge({ ...M2M, nbf })).toEqual(BAD);
  });

  it('nbf may be missing', async () => {
    expect(await judge({ ...M2M, nbf: undefined })).toEqual(GOOD_M2M);
  });

  it('a life of more than a day is refused', async () => {
    expect(await judge({ ...M2M, exp: M2M.iat + 86_400 })).toMatchObject({ verdict: 'good' });
    expect(await judge({ ...M2M, exp: M2M.iat + 86_401 })).toEqual({ verdict: 'bad', because: 'lifetime' });
    expect(await judge({ ...M2M, iat: NOW - 90_000, nbf: NOW - 90_000, exp: NOW + 60 })).toEqual(BAD);
  });
});

describe('JWT-14: the clocks may differ by 5 s, once', () => {
  it.each([
    ['exp', { exp: NOW - 4 }, true],
    ['exp', { exp: NOW - 5 }, false],
    ['iat', { iat: NOW + 5 }, true],
    ['iat', { iat: NOW + 6 }, false],
    ['nbf', { nbf: NOW + 5 }, true],
    ['nbf', { nbf: NOW + 6 }, false],
  ])('%s: %j is good: %s', async (_, times, good) => {
    expect((await judge({ ...M2M, ...times })).verdict).toBe(good ? 'good' : 'bad');
  });
});

describe('the log', () => {
  it.each([
    ['claims', { ...M2M, sub: '' }],
    ['lifetime', { ...M2M, exp: NOW + 86_401 }],
    ['aud', { ...M2M, aud: ['project-test-2'] }],
    ['kind', { ...M2M, scope: undefined }],
  ])('is told what is bad of a token that is signed well: %s', async (because, payload) => {
    expect(await judge(payload)).toEqual({ verdict: 'bad', because });
  });

  it('is told of a key that cannot verify anything as of an error, which is no verdict on the token', async () => {
    const broken = createTokenVerifier(RULES, async () => ours.privateKey);
    await expect(broken(await signRaw(ours, HEADER, M2M), NOON)).rejects.toThrow(TypeError);
  });
});

describe('CRED-06: a token that is bound to a key', () => {
  it.each([{ jkt: 'x' }, { 'x5t#S256': 'x' }, {}, null, 'x'])('%j is no bearer token', async (cnf) => {
    expect(await judge({ ...M2M, cnf })).toEqual(BAD);
    expect(await judge({ ...SESSION, cnf })).toEqual(BAD);
  });
});

describe('JWT-09: exactly one kind', () => {
  const verifyB2b = verifier({ vertical: 'b2b' });
  const kinds = { consumer: verify, b2b: verifyB2b };
  const outcome = async (vertical: keyof typeof kinds, payload: object): Promise<string> => {
    const judged = await kinds[vertical](await signRaw(ours, HEADER, payload), NOON);
    return judged.verdict === 'good' ? judged.token.kind : judged.verdict;
  };
  const { scope: _scope, ...NO_SCOPE } = M2M;
  const CONNECTED_APP = {
    ...COMMON,
    sub: USER,
    client_id: `connected-app-test-${UUID}`,
    scope: 'openid email',
  };

  it.each([
    ['a client', M2M, 'm2m', 'm2m'],
    ['an imported client', { ...M2M, sub: 'imported-from-elsewhere' }, 'm2m', 'm2m'],
    ['a client with its own client_id', { ...M2M, client_id: CLIENT }, 'm2m', 'm2m'],
    ['a client with another client_id', { ...M2M, client_id: 'acme_test_2' }, 'bad', 'bad'],
    ['a client that nobody knows', { ...M2M, sub: 'someone' }, 'bad', 'bad'],
    ['a client named like a user', { ...M2M, sub: USER }, 'bad', 'bad'],
    ['a client named like a member', { ...M2M, sub: MEMBER }, 'bad', 'bad'],
    ['a client named like an organisation', { ...M2M, sub: ORGANIZATION }, 'bad', 'bad'],
    ['a client named like a Connected App', { ...M2M, sub: `connected-app-test-${UUID}` }, 'bad', 'bad'],
    ['a client without a scope', NO_SCOPE, 'bad', 'bad'],
    ['a client whose scope is a list', { ...M2M, scope: ['items:read'] }, 'bad', 'bad'],
    ['a client whose scope is a number', { ...M2M, scope: 7 }, 'bad', 'bad'],
    ['a client without a sub', { ...M2M, sub: undefined }, 'bad', 'bad'],
    ['a client whose sub is a number', { ...M2M, sub: 7 }, 'bad', 'bad'],
    ['a client with a session', { ...M2M, 'https://stytch.com/session': SESSION_CLAIM }, 'bad', 'bad'],
    ['a client with a session of null', { ...M2M, 'https://stytch.com/session': null }, 'bad', 'bad'],
    [
      'a client with an organisation',
      { ...M2M, 'https://stytch.com/organization': { organization_id: ORGANIZATION } },
      'bad',
      'bad',
    ],
    ["a user's session", SESSION, 'session', 'bad'],
    ["a member's session", B2B_SESSION, 'bad', 'session'],
    ['a session with a scope', { ...SESSION, scope: 'admin:all' }, 'bad', 'bad'],
    ['a session with a scope of null', { ...SESSION, scope: null }, 'bad', 'bad'],
    ['a session with a client_id', { ...SESSION, client_id: CLIENT }, 'bad', 'bad'],
    ['a session of a client', { ...SESSION, sub: CLIENT }, 'bad', 'bad'],
    [
      'a session that is over',
      { ...SESSION, 'https://stytch.com/session': { ...SESSION_CLAIM, expires_at: '2026-11-01T12:00:00Z' } },
      'bad',
      'bad',
    ],
    ['a session without an end', { ...SESSION, 'https://stytch.com/session': { id: 'x' } }, 'bad', 'bad'],
    [
      'a session whose end is no time',
      { ...SESSION, 'https://stytch.com/session': { ...SESSION_CLAIM, expires_at: 'tomorrow' } },
      'bad',
      'bad',
    ],
    [
      'a session without an id',
      { ...SESSION, 'https://stytch.com/session': { ...SESSION_CLAIM, id: '' } },
      'bad',
      'bad',
    ],
    ['a session of true', { ...SESSION, 'https://stytch.com/session': true }, 'bad', 'bad'],
    ['a session in a list', { ...SESSION, 'https://stytch.com/session': [SESSION_CLAIM] }, 'bad', 'bad'],
    [
      'roles that are null',
      { ...SESSION, 'https://stytch.com/session': { ...SESSION_CLAIM, roles: null } },
      'bad',
      'bad',
    ],
    [
      'more roles than anybody has',
      { ...SESSION, 'https://stytch.com/session': { ...SESSION_CLAIM, roles: Array(101).fill('a') } },
      'bad',
      'bad',
    ],
    [
      'roles that are no list',
      { ...SESSION, 'https://stytch.com/session': { ...SESSION_CLAIM, roles: 'admin' } },
      'bad',
      'bad',
    ],
    ["a user's session with an organisation", { ...B2B_SESSION, sub: USER }, 'bad', 'bad'],
    ["a member's session without an organisation", { ...SESSION, sub: MEMBER }, 'bad', 'bad'],
    [
      "a member's session of a strange organisation",
      { ...B2B_SESSION, 'https://stytch.com/organization': { organization_id: 'x' } },
      'bad',
      'bad',
    ],
    ['a Connected App', CONNECTED_APP, 'bad', 'bad'],
    ['a Connected App for itself', { ...CONNECTED_APP, sub: CONNECTED_APP.client_id }, 'bad', 'bad'],
    [
      'a Connected App with a session',
      { ...CONNECTED_APP, 'https://stytch.com/session': SESSION_CLAIM },
      'bad',
      'bad',
    ],
    [
      'an ID token',
      { ...COMMON, sub: USER, aud: [`connected-app-test-${UUID}`], email: 'ada@acme.test' },
      'bad',
      'bad',
    ],
    ['an ID token for the project', { ...COMMON, sub: USER, email: 'ada@acme.test' }, 'bad', 'bad'],
    ['nothing but times', COMMON, 'bad', 'bad'],
  ])('%s', async (_, payload, consumer, b2b) => {
    expect([await outcome('consumer', payload), await outcome('b2b', payload)]).toEqual([consumer, b2b]);
  });

  it.each([USER, MEMBER, ORGANIZATION, `connected-app-test-${UUID}`])(
    'a client is never named %s, whoever else would take that for a client_id',
    async (sub) => {
      const token = await signRaw(ours, HEADER, { ...M2M, sub });
      expect(await verifier({ isClientId: () => true })(token, NOON)).toEqual(BAD);
    },
  );

  it('a session is its user and his roles', async () => {
    expect(await judge(SESSION)).toEqual({
      verdict: 'good',
      token: {
        kind: 'session',
        owner: { kind: 'user', id: USER, organizationId: null },
        sessionId: SESSION_CLAIM.id,
        roles: ['stytch_user', 'editor'],
        issuedAt: NOW - 60,
        expiresAt: NOW + 240,
        sessionExpiresAt: NOW + 3_600,
        authenticatedAt: NOW - 3_600,
      },
    });
  });

  const used = (...times: readonly unknown[]) => ({
    authentication_factors: times.map((last_authenticated_at) => ({
      ...{ type: 'password', delivery_method: 'knowledge', last_authenticated_at },
    })),
  });

  it.each([
    ['its only factor', used('2026-11-01T11:40:00Z'), NOW - 1_200],
    ['the latest of its factors', used('2026-11-01T11:40:00Z', '2026-11-01T11:50:00.9Z'), NOW - 600],
    ['in whatever order', used('2026-11-01T11:50:00Z', '2026-11-01T11:40:00Z'), NOW - 600],
    ['in whatever zone', used('2026-11-01T12:20:00+01:00'), NOW - 2_400],
    ['the factors that say when', used(undefined, '2026-11-01T11:40:00Z', null, 7, 'soon'), NOW - 1_200],
    ['its start where no factor says', used(undefined, 'soon'), NOW - 3_600],
    ['its start without factors', { authentication_factors: undefined }, NOW - 3_600],
    ['its start with factors of no form', { authentication_factors: 'all' }, NOW - 3_600],
    ['its start with a factor that is none', { authentication_factors: [7, null] }, NOW - 3_600],
    ['never, where nothing says', { authentication_factors: [], started_at: undefined }, null],
    ['never, where nothing can be read', { ...used('soon'), started_at: 'long ago' }, null],
    ['not later than its JWT was made', used('2036-11-01T11:40:00Z'), NOW - 60],
    ['nor started later', { authentication_factors: [], started_at: '2036-11-01T11:40:00Z' }, NOW - 60],
  ])('JWT-19: its user signed in at the time of %s', async (_, more, authenticatedAt) => {
    const claim = { ...SESSION_CLAIM, ...more };
    const payload = { ...SESSION, 'https://stytch.com/session': claim };
    expect(await judge(payload)).toMatchObject({ verdict: 'good', token: { authenticatedAt } });
    const member = { ...B2B_SESSION, 'https://stytch.com/session': { ...claim, roles: [] } };
    expect(await verifyB2b(await signRaw(ours, HEADER, member), NOON)).toMatchObject({
      token: { authenticatedAt },
    });
  });

  it("a member's session is its member and organisation", async () => {
    expect(await verifyB2b(await signRaw(ours, HEADER, B2B_SESSION), NOON)).toMatchObject({
      token: {
        owner: { kind: 'member', id: MEMBER, organizationId: ORGANIZATION },
        roles: ['stytch_member'],
      },
    });
  });

  it('without roles it is the one that everybody has', async () => {
    const { roles: _, ...claim } = SESSION_CLAIM;
    const bare = { 'https://stytch.com/session': claim };
    expect(await judge({ ...SESSION, ...bare })).toMatchObject({ token: { roles: ['stytch_user'] } });
    expect(await verifyB2b(await signRaw(ours, HEADER, { ...B2B_SESSION, ...bare }), NOON)).toMatchObject({
      token: { roles: ['stytch_member'] },
    });
  });
});

describe('JWT-16: odd JSON', () => {
  it('of two members of one name the last counts, for the kid and for the claims', async () => {
    const header = '{"alg":"none","kid":"k9","typ":"JWT","alg":"RS256","kid":"k1"}';
    expect(await verify(await signRaw(ours, header, M2M), NOON)).toEqual(GOOD_M2M);
    const payload = `${JSON.stringify({ ...M2M, sub: USER }).slice(0, -1)},"sub":"${CLIENT}"}`;
    expect(await verify(await signRaw(ours, HEADER, payload), NOON)).toEqual(GOOD_M2M);
  });

  it('a member named __proto__ gives no claim', async () => {
    const { exp: _, ...without } = M2M;
    const payload = `${JSON.stringify(without).slice(0, -1)},"__proto__":{"exp":${M2M.exp}}}`;
    expect(await verify(await signRaw(ours, HEADER, payload), NOON)).toEqual(BAD);
  });
});

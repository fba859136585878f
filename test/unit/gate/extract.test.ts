import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bearerToken, extract, hasLongCredential, pair } from '../../../src/gate/extract.ts';

/** Any UTF-16 unit, mostly those that matter. */
const anyUnit = fc.oneof(fc.nat(0xff), fc.nat(0xffff)).map((code) => String.fromCharCode(code));

const REALM = { brands: ['acme', 'oldname'], environment: 'test' } as const;
const ID = `acme_test_${'R'.repeat(17)}${'N'.repeat(11)}`;
const TAIL = 'S'.repeat(61);
const KEY = `${ID}_${TAIL}`;
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl';

const basic = (text: string): string => `Basic ${Buffer.from(text, 'latin1').toString('base64')}`;

/** Headers as workerd may give them: with values that Node's Headers would not take. */
const headersOf = (values: Readonly<Record<string, string | undefined>>): Headers =>
  ({ get: (name: string) => values[name.toLowerCase()] ?? null }) as unknown as Headers;

/** What was found, with its secret, or the reason why nothing was. */
const found = (authorization?: string, apiKey?: string): unknown => {
  const result = extract(headersOf({ authorization, 'x-api-key': apiKey }), REALM);
  if (!result.ok) return result.refusal.reason;
  const credential = result.value;
  switch (credential.kind) {
    case 'key':
      return [credential.auth, credential.scheme, credential.key.reveal()];
    case 'jwt':
      return ['jwt', credential.scheme, credential.jwt.reveal()];
    case 'pair':
      return ['pair', credential.scheme, credential.clientId, credential.clientSecret.reveal()];
    case 'unknown':
      return ['unknown', credential.scheme];
    default:
      return credential.kind;
  }
};

describe('CRED-01: exactly one credential', () => {
  it.each([
    ['both headers', `Bearer ${KEY}`, KEY],
    ['both headers, one bad', 'Bearer x', KEY],
    ['both headers, one of a scheme that we do not speak', 'Negotiate x', KEY],
    ['a pair and a key', basic(`${ID}:${TAIL}`), KEY],
  ])('%s', (_, authorization, apiKey) => {
    expect(found(authorization, apiKey)).toBe('credentials_ambiguous');
  });

  it('none is none', () => {
    expect(found()).toBe('none');
  });

  it('cookies and other headers are not looked at', () => {
    const headers = new Headers({
      cookie: `stytch_session=${KEY}`,
      'proxy-authorization': `Bearer ${KEY}`,
      'x-auth-token': KEY,
    });
    expect(extract(headers, REALM)).toEqual({ ok: true, value: { kind: 'none' } });
  });
});

describe('what is said of a request that cannot be read', () => {
  it.each([
    ['Bearer x', KEY, 'both Authorization and X-API-Key are present'],
    [undefined, `${KEY},${KEY}`, 'X-API-Key must carry exactly one key'],
    [`Bearer ${KEY},`, undefined, 'Authorization must carry exactly one credential'],
    [`(Bearer) ${KEY}`, undefined, 'Authorization is malformed'],
    [`Bearer ${KEY} ${KEY}`, undefined, 'Authorization is malformed'],
  ])('%j and %j: %s', (authorization, apiKey, detail) => {
    const refusal = { reason: 'credentials_ambiguous', detail };
    expect(extract(headersOf({ authorization, 'x-api-key': apiKey }), REALM)).toEqual({ ok: false, refusal });
  });
});

describe('CRED-02: the same header twice', () => {
  it.each([
    [`Bearer ${KEY}, Bearer ${KEY}`],
    [`Bearer ${KEY}, Bearer x`],
    [`Bearer ${KEY},`],
    [`, Bearer ${KEY}`],
    [`Bearer ${KEY}, ${basic(`${ID}:${TAIL}`)}`],
  ])('Authorization: %s', (value) => {
    expect(found(value)).toBe('credentials_ambiguous');
  });

  it.each([[`${KEY}, ${KEY}`], [`${KEY},${KEY}`], [`,${KEY}`], [`${KEY},`], [',']])(
    'X-API-Key: %s',
    (value) => {
      expect(found(undefined, value)).toBe('credentials_ambiguous');
    },
  );

  it('arrives joined from Headers, and is refused', () => {
    const headers = new Headers();
    headers.append('authorization', `Bearer ${KEY}`);
    headers.append('authorization', `Bearer ${KEY}`);
    expect(extract(headers, REALM)).toMatchObject({
      ok: false,
      refusal: { reason: 'credentials_ambiguous' },
    });
  });
});

describe('CRED-03: an empty value is none', () => {
  it.each([
    ['', undefined, 'none'],
    ['  \t ', undefined, 'none'],
    [undefined, '', 'none'],
    ['', '', 'none'],
    ['', KEY, ['api_key', 'x-api-key', KEY]],
    [`Bearer ${KEY}`, ' ', ['api_key', 'bearer', KEY]],
  ])('%j and %j', (authorization, apiKey, expected) => {
    expect(found(authorization, apiKey)).toEqual(expected);
  });
});

describe('CRED-04: the form of Authorization', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('the scheme %s is Bearer', (scheme) => {
    expect(found(`${scheme} ${KEY}`)).toEqual(['api_key', 'bearer', KEY]);
  });

  it.each(['BASIC', 'basic', 'bAsIc'])('the scheme %s is Basic', (scheme) => {
    expect(found(basic(`${ID}:${TAIL}`).replace('Basic', scheme))).toEqual([
      'client_credentials',
      'basic',
      KEY,
    ]);
  });

  it.each([
    ['two spaces', `Bearer  ${KEY}`],
    ['white space around it', `  Bearer ${KEY} \t`],
  ])('%s are let pass', (_, value) => {
    expect(found(value)).toEqual(['api_key', 'bearer', KEY]);
  });

  it.each([
    ['a tab after the scheme', `Bearer\t${KEY}`],
    ['a tab after a space', `Bearer \t${KEY}`],
    ['two tokens', `Bearer ${KEY} ${KEY}`],
    ['a scheme that is none', `(Bearer) ${KEY}`],
    ['a line break', `Bearer ${KEY}\nX`],
    ['a NUL in the scheme', `Bear\0er ${KEY}`],
    ['a scheme with a colon', `Bearer: ${KEY}`],
  ])('%s is 400', (_, value) => {
    expect(found(value)).toBe('credentials_ambiguous');
  });

  it.each([
    ['a token that is not a b64token', `Bearer ${KEY}!`, ['unknown', 'bearer']],
    ['a token in quotes', `Bearer "${KEY}"`, ['unknown', 'bearer']],
    ['a JWT behind a sign', `Bearer "${JWT}`, ['unknown', 'bearer']],
    ['a Cyrillic a', `Bearer \u0430${KEY.slice(1)}`, ['unknown', 'bearer']],
    ['a replacement character', `Bearer ${KEY.slice(0, -1)}\ufffd`, ['unknown', 'bearer']],
    ['a parameter', 'Bearer a=b', ['unknown', 'bearer']],
    ['no token', 'Bearer', ['unknown', 'bearer']],
    ['no pair', 'Basic', ['unknown', 'basic']],
    ['a pair that is not base64', 'Basic {}', ['unknown', 'basic']],
  ])('%s is 401', (_, value, expected) => {
    expect(found(value)).toEqual(expected);
  });
});

describe('CRED-05: what it is, its form says', () => {
  it.each([
    ['a key', `Bearer ${KEY}`, ['api_key', 'bearer', KEY]],
    ['a key of a former brand', `Bearer oldname_test_x`, ['api_key', 'bearer', 'oldname_test_x']],
    [
      'a key of the other environment',
      `Bearer ${KEY.replace('_test_', '_live_')}`,
      ['api_key', 'bearer', KEY.replace('_test_', '_live_')],
    ],
    ['a key with dots in it', `Bearer ${ID}_a.b.c`, ['api_key', 'bearer', `${ID}_a.b.c`]],
    ['a JWT', `Bearer ${JWT}`, ['jwt', 'bearer', JWT]],
    ['two parts', 'Bearer a.b', ['unknown', 'bearer']],
    ['four parts', 'Bearer a.b.c.d', ['unknown', 'bearer']],
    ['five parts', 'Bearer a.b.c.d.e', ['unknown', 'bearer']],
    ['a key of another brand', `Bearer ${KEY.replace('acme', 'acne')}`, ['unknown', 'bearer']],
    ['a key in upper case', `Bearer ${KEY.toUpperCase()}`, ['unknown', 'bearer']],
    ['a JWT under Basic', `Basic ${JWT}`, ['unknown', 'basic']],
    ['a key under Basic', `Basic ${KEY}`, ['unknown', 'basic']],
  ])('%s', (_, value, expected) => {
    expect(found(value)).toEqual(expected);
  });

  it.each([
    'Token x',
    `ApiKey ${KEY}`,
    'Negotiate YIIabc==',
    `DPoP ${JWT}`,
    'Digest username="Mufasa"',
    'Signature keyId="k"',
    'Digest',
    `Bearerx ${KEY}`,
    KEY,
  ])('%s is a scheme that we do not speak', (value) => {
    expect(found(value)).toBe('unsupported');
  });

  it('in X-API-Key only a key is a key', () => {
    expect(found(undefined, ` ${KEY}\t`)).toEqual(['api_key', 'x-api-key', KEY]);
    for (const value of [
      JWT,
      `Bearer ${KEY}`,
      KEY.replace('acme', 'acne'),
      `${KEY} ${KEY}`,
      `\u0430${KEY.slice(1)}`,
      `${KEY}\ufffd`,
      `${KEY}\u200b`,
      `${KEY}\0`,
    ]) {
      expect([value, found(undefined, value)]).toEqual([value, ['unknown', 'x-api-key']]);
    }
  });
});

describe('CRED-08: Basic', () => {
  const encoded = (text: string) =>
    [...text].map((c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');

  it.each([
    ['as it is', `${ID}:${TAIL}`],
    ['form-encoded where it need not be', `${encoded(ID)}:${encoded(TAIL)}`],
    ['with an encoded underscore', `${ID.replaceAll('_', '%5F')}:${TAIL}`],
  ])('a pair of ours is its key, cut in two: %s', (_, pair) => {
    expect(found(basic(pair))).toEqual(['client_credentials', 'basic', KEY]);
  });

  it.each([
    ['of Stytch', 'm2m-client-test-1', 'secret-_.~', 'm2m-client-test-1', 'secret-_.~'],
    ['of any name', 'our-billing', 's', 'our-billing', 's'],
    ['of the shortest name', 'b', 's', 'b', 's'],
    ['form-encoded', 'our%2Fbilling', 'a%3Ab+c%25', 'our/billing', 'a:b c%'],
    ['with a colon in the secret', 'billing', 'a:b', 'billing', 'a:b'],
  ])('a pair of a client that was not made here is a pair: %s', (_, id, tail, clientId, clientSecret) => {
    expect(found(basic(`${id}:${tail}`))).toEqual(['pair', 'basic', clientId, clientSecret]);
  });

  it('an id of our grammar never is, whatever its tail and its environment', () => {
    for (const id of [ID, ID.replace('_test_', '_live_'), ID.replace('acme', 'oldname'), 'acme_test_x'])
      expect(found(basic(`${id}:x`))).toEqual(['client_credentials', 'basic', `${id}_x`]);
  });

  it('the first colon splits', () => {
    expect(found(basic(`${ID}:a:b`))).toEqual(['client_credentials', 'basic', `${ID}_a:b`]);
  });

  it.each([
    ['no colon', basic(KEY)],
    ['no id', basic(`:${TAIL}`)],
    ['an id of a user', basic(`user-test-1:${TAIL}`)],
    ['an id of a member', basic(`member-test-1:${TAIL}`)],
    ['an id of an organisation', basic(`organization-test-1:${TAIL}`)],
    ['an id of a Connected App', basic(`connected-app-test-1:${TAIL}`)],
    ['an id with a space', basic(`m2m client:${TAIL}`)],
    ['an id with an encoded space', basic(`m2m+client:${TAIL}`)],
    ['an id with an encoded line break', basic(`m2m%0Aclient:${TAIL}`)],
    ['an id that is too long', basic(`${'m'.repeat(129)}:${TAIL}`)],
    ['another id with a secret that is no text', basic('m2m-client-test-1:%00')],
    ['another id without a secret', basic('m2m-client-test-1:')],
    ['a NUL', basic(`${ID}:${TAIL}\0`)],
    ['a line break', basic(`${ID}\n:${TAIL}`)],
    ['a byte that is not ASCII', basic(`${ID}:${TAIL}\xe9`)],
    ['nothing', basic('')],
    ['a colon', basic(':')],
    ['a percent sign alone', basic(`${ID}:%`)],
    ['a percent sign in the id', basic(`${ID}%zz:${TAIL}`)],
    ['an escape that is not UTF-8', basic(`${ID}:%ff`)],
    ['too much', basic(`${ID}:${'x'.repeat(1_000)}`)],
  ])('%s is unknown', (_, value) => {
    expect(found(value)).toEqual(['unknown', 'basic']);
  });

  it('of 1024 characters is looked at, of more is unknown', () => {
    const text = (length: number): string => basic(`${ID}:${'x'.repeat(length - ID.length - 1)}`);
    expect(found(text(768))).toEqual(['client_credentials', 'basic', `${ID}_${'x'.repeat(767 - ID.length)}`]);
    expect(found(text(769))).toEqual(['unknown', 'basic']);
  });

  it('the secret of a foreign client is printable ASCII from end to end (RFC 6749 §A.2)', () => {
    for (const text of ['\nsecret', 'secret\n', 'sécret', 'secré', 'ésecret', ''])
      expect(pair('m2m-client-test-1', text, REALM)).toEqual({ kind: 'unknown', scheme: 'basic' });
    expect(pair('m2m-client-test-1', ' ~', REALM).kind).toBe('pair');
  });

  it('base64 has one spelling', () => {
    const canonical = basic(`${ID}:${TAIL}x`).slice('Basic '.length);
    expect(canonical.endsWith('=')).toBe(true);
    const spellings = [
      canonical.replace(/=+$/, ''),
      `${canonical}=`,
      canonical.replace(/.(=+)$/, 'B$1'),
      `${canonical.slice(0, 8)}=${canonical.slice(8)}`,
    ];
    for (const spelling of spellings.filter((each) => each !== canonical)) {
      expect([spelling, found(`Basic ${spelling}`)]).toEqual([spelling, ['unknown', 'basic']]);
    }
    expect(found(`Basic ${canonical}`)).toEqual(['client_credentials', 'basic', `${KEY}x`]);
  });
});

describe('CRED-16: long credentials', () => {
  it.each([
    [8_448, false],
    [8_449, true],
  ])('of %i characters: %s', (length, long) => {
    const value = 'x'.repeat(length);
    expect(hasLongCredential(new Headers({ authorization: value }))).toBe(long);
    expect(hasLongCredential(new Headers({ 'x-api-key': value }))).toBe(long);
  });

  it('blanks without end cost no more than to read them', () => {
    const blanks = ' \t'.repeat(200_000);
    expect(found(`Bearer${blanks}x`)).toBe('credentials_ambiguous');
    expect(found(undefined, `x${blanks}x`)).toEqual(['unknown', 'x-api-key']);
    expect(found(blanks, blanks)).toEqual('none');
  });

  it('none is not long', () => {
    expect(hasLongCredential(new Headers())).toBe(false);
  });
});

describe('a token that came in a form', () => {
  it('is what it would be as Bearer', () => {
    expect(bearerToken(KEY, REALM)).toMatchObject({ kind: 'key', auth: 'api_key', scheme: 'bearer' });
    expect(bearerToken(JWT, REALM)).toMatchObject({ kind: 'jwt', scheme: 'bearer' });
  });

  it.each(['', `${JWT}!`, `"${JWT}`, ` ${JWT}`, `${KEY}\n`, `${KEY},`, `${JWT}é`])(
    '%j, which no header could carry, is nothing',
    (text) => {
      expect(bearerToken(text, REALM)).toEqual({ kind: 'unknown', scheme: 'bearer' });
    },
  );

  it('is looked at up to the length of a header', () => {
    const ofLength = (length: number): string => `${JWT}${'x'.repeat(length - JWT.length)}`;
    expect(bearerToken(ofLength(8_448), REALM).kind).toBe('jwt');
    expect(bearerToken(ofLength(8_449), REALM)).toEqual({ kind: 'unknown', scheme: 'bearer' });
  });
});

describe('whatever is sent', () => {
  it('something is decided, and whoever presents something is never nobody', () => {
    const odd = fc.oneof(
      fc.string({ unit: anyUnit, maxLength: 40 }),
      fc
        .tuple(fc.constantFrom('Bearer ', 'Basic ', 'basic', 'X '), fc.base64String({ maxLength: 60 }))
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(
        fc.option(odd, { nil: undefined }),
        fc.option(odd, { nil: undefined }),
        (authorization, apiKey) => {
          const isPresent = [authorization, apiKey].some(
            (value) => value !== undefined && /[^ \t]/.test(value),
          );
          expect(found(authorization, apiKey) === 'none').toBe(!isPresent);
        },
      ),
    );
  });
});

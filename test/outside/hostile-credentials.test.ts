import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ANONYMOUS,
  base64,
  bearer,
  type Caller,
  challenge,
  type Edge,
  expectTurnedAway,
  get,
  type Outcome,
  refusal,
  request,
  startEdge,
} from './edge.ts';

let edge: Edge;
let me: Caller;
let other: Caller;
beforeAll(async () => {
  edge = await startEdge();
  me = await edge.newCaller();
  other = await edge.newCaller();
});
afterAll(() => edge.stop());

const AMBIGUOUS = refusal(400, 'invalid_request', challenge('error="invalid_request"'));
const MISSING = refusal(401, 'credential_missing', challenge());
const INVALID = refusal(401, 'invalid_token', challenge('error="invalid_token"'));
/** A Basic challenge only where Basic was presented. */
const INVALID_PAIR = refusal(
  401,
  'invalid_token',
  `Basic realm="acme-api", charset="UTF-8", ${challenge('error="invalid_token"')}`,
);

/** Where a credential is asked for, and where it may be left out: a bad one is refused at both. */
const TARGETS = ['/v1/any/a', '/optional/a'];

const expectEach = async (lines: readonly string[], expected: object): Promise<void> => {
  for (const target of TARGETS) expect(await edge.send(get(target, ...lines))).toMatchObject(expected);
};

/** Nothing that could be checked was presented: 401 where something must be, and else nobody. */
const expectNobody = async (...lines: readonly string[]): Promise<void> => {
  expect(await edge.send(get('/v1/any/a', ...lines))).toMatchObject(MISSING);
  const [seen] = (await edge.send(get('/optional/a', ...lines))).arrived;
  if (seen === undefined) throw new Error('nothing arrived');
  expect(await edge.inspect(seen, ANONYMOUS)).toEqual([]);
};

const expectMe = async (outcome: Outcome): Promise<void> => {
  expect(outcome.statuses).toEqual([200]);
  const [seen] = outcome.arrived;
  if (seen === undefined) throw new Error('nothing arrived');
  expect(await edge.inspect(seen, me.identity)).toEqual([]);
};

const pairOf = ({ key, keyId }: Caller): string => base64(`${keyId}:${key.slice(keyId.length + 1)}`);

describe('CRED-01 › two ways of presenting a credential are refused, whatever the values', () => {
  test.each<[string, () => readonly string[]]>([
    ['one key, twice', () => [bearer(me), `X-API-Key: ${me.key}`]],
    ['one key, twice, the other way round', () => [`X-API-Key: ${me.key}`, bearer(me)]],
    ['two keys', () => [bearer(me), `X-API-Key: ${other.key}`]],
    ['a good one and a bad one', () => [bearer(me), 'X-API-Key: x']],
    ['a bad one and a good one', () => ['Authorization: Bearer x', `X-API-Key: ${me.key}`]],
    ['a key and its pair', () => [`Authorization: Basic ${pairOf(me)}`, `X-API-Key: ${me.key}`]],
    ['a session and a key', () => [`Authorization: Bearer ${me.session}`, `X-API-Key: ${me.key}`]],
    ['an unknown scheme and a key', () => ['Authorization: Negotiate abc', `X-API-Key: ${me.key}`]],
  ])('%s', async (_, lines) => expectEach(lines(), AMBIGUOUS));

  test('a cookie is no credential, neither alone nor beside one', async () => {
    for (const name of ['stytch_session', 'stytch_session_jwt', '__Host-latchkey'])
      await expectNobody(`Cookie: ${name}=${me.session}`);
    await expectMe(
      await edge.send(get('/v1/any/a', bearer(me), `Cookie: stytch_session_jwt=${other.session}`)),
    );
  });
});

describe('CRED-02 › several lines of one header are refused, and none of them is taken', () => {
  test.each<[string, () => readonly string[]]>([
    ['Authorization, the same', () => [bearer(me), bearer(me)]],
    ['Authorization, two callers', () => [bearer(me), bearer(other)]],
    [
      'Authorization in two cases',
      () => [bearer(me), bearer(other).replace('Authorization', 'aUTHORIZATION')],
    ],
    ['a good and a bad one', () => [bearer(me), 'Authorization: Bearer x']],
    ['a bad and a good one', () => ['Authorization: Bearer x', bearer(me)]],
    ['two schemes', () => [bearer(me), `Authorization: Basic ${pairOf(me)}`]],
    ['twenty lines', () => Array(20).fill(bearer(me))],
    ['X-API-Key, the same', () => [`X-API-Key: ${me.key}`, `X-API-Key: ${me.key}`]],
    ['X-API-Key, two callers', () => [`X-API-Key: ${me.key}`, `x-api-key: ${other.key}`]],
    ['joined by a comma', () => [`${bearer(me)}, Bearer ${other.key}`]],
    ['keys joined by a comma', () => [`X-API-Key: ${me.key},${other.key}`]],
    ['a comma behind', () => [`${bearer(me)},`]],
    ['a comma before', () => [`X-API-Key: ,${me.key}`]],
    ['one and an empty one', () => [bearer(me), 'Authorization:']],
  ])('%s', async (_, lines) => expectEach(lines(), AMBIGUOUS));
});

describe('CRED-03 › an empty line presents nothing', () => {
  test.each(['Authorization:', 'Authorization: ', 'Authorization: \t ', 'X-API-Key:', 'X-API-Key: \t'])(
    '%j',
    (line) => expectNobody(line),
  );

  test('and hides nothing', async () => {
    for (const empty of ['Authorization:', 'X-API-Key:'])
      await expectMe(await edge.send(get('/v1/any/a', empty, bearer(me))));
    await expectMe(await edge.send(get('/v1/any/a', 'Authorization: ', `X-API-Key: ${me.key}`)));
    await expectEach(['X-API-Key:', 'Authorization:', bearer(me), bearer(me)], AMBIGUOUS);
  });
});

describe('CRED-04 › one grammar', () => {
  test.each<[string, () => string]>([
    ['a scheme in another case', () => `Authorization: bEARER ${me.key}`],
    ['several spaces', () => `Authorization: Bearer     ${me.key}`],
    ['white space around', () => `Authorization: \t Bearer ${me.key} \t `],
    ['white space around a key', () => `X-API-Key: \t ${me.key} \t `],
    ['no space behind the colon', () => `Authorization:Bearer ${me.key}`],
  ])('%s is taken', async (_, line) => expectMe(await edge.send(get('/v1/any/a', line()))));

  test.each<[string, () => string, object]>([
    ['a tab behind the scheme', () => `Authorization: Bearer\t${me.key}`, AMBIGUOUS],
    ['a tab and a space', () => `Authorization: Bearer \t${me.key}`, AMBIGUOUS],
    ['something behind', () => `Authorization: Bearer ${me.key} x`, AMBIGUOUS],
    ['two schemes', () => `Authorization: Bearer Bearer ${me.key}`, AMBIGUOUS],
    ['quotes', () => `Authorization: Bearer "${me.key}"`, INVALID],
    ['brackets', () => `Authorization: Bearer <${me.key}>`, INVALID],
    ['padding', () => `Authorization: Bearer ${me.key}==`, INVALID],
    ['an auth-param', () => `Authorization: Bearer token=${me.key}`, INVALID],
    ['a scheme alone', () => 'Authorization: Bearer', INVALID],
    ['a space in a key', () => `X-API-Key: ${me.key.slice(0, 50)} ${me.key.slice(50)}`, INVALID],
    ['a scheme in X-API-Key', () => `X-API-Key: Bearer ${me.key}`, INVALID],
  ])('%s is refused', async (_, line, expected) => expectEach([line()], expected));

  test.each<[string, () => string]>([
    ['no scheme', () => `Authorization: ${me.key}`],
    ['a scheme that begins so', () => `Authorization: Bearer_${me.key}`],
  ])('%s is a scheme that is not known', async (_, line) => expectEach([line()], MISSING));

  // `Bearer:` and `Bearer=` are no scheme, and what has none cannot be told apart from two.
  test.each<[string, () => string]>([
    ['a colon', () => `Authorization: Bearer: ${me.key}`],
    ['an equals sign', () => `Authorization: Bearer=${me.key}`],
    ['a slash', () => `Authorization: Bearer/${me.key}`],
  ])('%s behind the scheme is malformed', async (_, line) => expectEach([line()], AMBIGUOUS));
});

describe('CRED-05 › a credential is taken where it belongs, and nothing is tried twice', () => {
  test.each<[string, () => string, object]>([
    ['a session as a pair', () => `Authorization: Basic ${me.session}`, INVALID_PAIR],
    ['a key as a pair', () => `Authorization: Basic ${me.key}`, INVALID_PAIR],
    ['a pair as a token', () => `Authorization: Bearer ${pairOf(me)}`, INVALID],
    ['a session as a key', () => `X-API-Key: ${me.session}`, INVALID],
    ['a pair as a key', () => `X-API-Key: ${pairOf(me)}`, INVALID],
    ['a client_id alone', () => `Authorization: Bearer ${me.keyId}`, INVALID],
  ])('%s', async (_, line, expected) => expectEach([line()], expected));

  test.each([
    'Token',
    'ApiKey',
    'Api-Key',
    'Negotiate',
    'DPoP',
    'Digest',
    'JWT',
    'OAuth',
    'AWS4-HMAC-SHA256',
    'X',
  ])('the scheme %s is not known here: a challenge without an error', async (scheme) =>
    expectEach([`Authorization: ${scheme} ${me.key}`], MISSING),
  );
});

describe('CRED-06 › a token that is bound to a key of its holder is no bearer token', () => {
  test.each([{ jkt: 'x' }, { 'x5t#S256': 'x' }, { jwk: {} }, {}])('cnf %j', async (cnf) => {
    const token = await edge.token({ kind: 'session', claims: { cnf } });
    await expectEach([`Authorization: Bearer ${token}`], INVALID);
  });

  test('the same token without one is good', async () => {
    const token = await edge.token({ kind: 'session' });
    expect((await edge.send(get('/v1/any/a', `Authorization: Bearer ${token}`))).statuses).toEqual([200]);
  });
});

describe('CRED-07 › a key is never read from a query or a body', () => {
  test.each([
    'access_token',
    'api_key',
    'apikey',
    'API_KEY',
    'Api-Key',
    'api.key',
    'api%5fkey',
    '%61pi_key',
    'access_token[]',
    '+access_token',
  ])('%s in the query is 400, without its value', async (name) => {
    for (const query of [`${name}=${me.key}`, `a=b&${name}=${me.key}`, `a;${name}=${me.key}`, name])
      expect(await edge.send(get(`/v1/any/a?${query}`))).toMatchObject(AMBIGUOUS);
    for (const target of [...TARGETS, '/public/a'])
      expect(await edge.send(get(`${target}?${name}=${me.key}`, bearer(me)))).toMatchObject(AMBIGUOUS);
  });

  test('a key in a form or a JSON body is nobody', async () => {
    const form = `access_token=${me.key}`;
    const json = JSON.stringify({ api_key: me.key });
    for (const [type, body] of [
      ['application/x-www-form-urlencoded', form],
      ['application/json', json],
    ] as const) {
      const lines = [`Content-Type: ${type}`, `Content-Length: ${body.length}`];
      expect(await edge.send(request('POST', '/v1/any/a', lines, body))).toMatchObject(MISSING);
    }
  });
});

describe('CRED-08 › pairs', () => {
  const basic = (text: string) => `Authorization: Basic ${text}`;
  const tail = () => me.key.slice(me.keyId.length + 1);

  test('a pair of ours is its key', async () => {
    const outcome = await edge.send(get('/v1/pairs', basic(pairOf(me))));
    const [seen] = outcome.arrived;
    if (seen === undefined) throw new Error('nothing arrived');
    await edge.inspect(seen, { ...me.identity, auth: 'client_credentials' });
  });

  test.each<[string, () => string]>([
    ['nothing', () => 'Authorization: Basic'],
    ['no base64', () => basic('....')],
    ['base64url', () => basic(base64(`${me.keyId}:>>>???`).replaceAll('+', '-').replaceAll('/', '_'))],
    ['base64 without its padding', () => basic(base64(`${me.keyId}:${tail()}x`).replace(/=+$/, ''))],
    ['too much padding', () => basic(`${pairOf(me)}====`)],
    [
      'other bits at the end',
      () =>
        basic(
          base64(`${me.keyId}:x`).replace(
            /(.)==$/,
            (_, last) => `${String.fromCharCode(last.charCodeAt(0) + 1)}==`,
          ),
        ),
    ],
    ['no colon', () => basic(base64(me.key))],
    ['no id', () => basic(base64(`:${tail()}`))],
    ['no secret', () => basic(base64(`${me.keyId}:`))],
    ['a colon in the secret', () => basic(base64(`${me.keyId}::${tail()}`))],
    ['the whole key as secret', () => basic(base64(`${me.keyId}:${me.key}`))],
    ['the key as name', () => basic(base64(`${me.key}:`))],
    ['NUL at the end', () => basic(base64(`${me.keyId}:${tail()}\0`))],
    ['NUL within', () => basic(base64(`${me.keyId}\0:${tail()}`))],
    ['a line end', () => basic(base64(`${me.keyId}:${tail()}\n`))],
    ['an encoded NUL', () => basic(base64(`${me.keyId}:${tail()}%00`))],
    ['a bad escape', () => basic(base64(`${me.keyId}:${tail()}%zz`))],
    ['an escape that is not UTF-8', () => basic(base64(`${me.keyId}:%ff%fe`))],
    [
      'bytes that are not UTF-8',
      () => basic(Buffer.from(`${me.keyId}:\xff\xfe`, 'latin1').toString('base64')),
    ],
    ['letters outside ASCII', () => basic(base64(`${me.keyId}:é${tail().slice(1)}`))],
    ["another's secret", () => basic(base64(`${me.keyId}:${other.key.slice(other.keyId.length + 1)}`))],
    ['a stranger', () => basic(base64('stranger:x'))],
    ['2 kB', () => basic(base64(`${me.keyId}:${'a'.repeat(2_000)}`))],
  ])('%s: one and the same 401, with a Basic challenge', async (_, line) =>
    expectEach([line()], INVALID_PAIR),
  );
});

describe('CRED-09 and CRED-11 › a key in any other spelling is one and the same 401', () => {
  const crippled = (): readonly (readonly [string, string])[] => {
    const { key } = me;
    const flipped = (at: number) => key.slice(0, at) + (key[at] === 'x' ? 'y' : 'x') + key.slice(at + 1);
    return [
      ['another brand', key.replace('acme', 'acne')],
      ['another environment', key.replace('_test_', '_live_')],
      ['capitals', key.toUpperCase()],
      ['small letters', key.toLowerCase()],
      ['the prefix in capitals', key.replace('acme_test', 'ACME_TEST')],
      ['one character less', key.slice(0, -1)],
      ['one character more', `${key}0`],
      ['a character within', `${key.slice(0, 60)}0${key.slice(60)}`],
      ['another checksum', flipped(key.length - 1)],
      ['another tag', flipped(key.length - 10)],
      ['another secret', flipped(50)],
      ['another number', flipped(30)],
      ['another ring', flipped(12)],
      ['dashes', key.replaceAll('_', '-')],
      ['twice', key + key],
      ['a full stop behind', `${key}.`],
    ];
  };

  test.each(Array.from({ length: 16 }, (_, i) => i))('spelling %i', async (i) => {
    const [name, text] = crippled()[i] ?? [];
    expect(text, name).toBeTypeOf('string');
    await expectEach([`Authorization: Bearer ${text}`], INVALID);
    await expectEach([`X-API-Key: ${text}`], INVALID);
  });

  test.each([
    ['a byte that is not UTF-8', '\xff'],
    ['another such byte', '\xfe'],
    ['an accent', '\xc3\xa9'],
    ['a homoglyph', '\xd0\xb0'],
    ['a zero-width space', '\xe2\x80\x8b'],
    ['a replacement character', '\xef\xbf\xbd'],
  ])('%s in it or behind it', async (_, bytes) => {
    for (const text of [
      me.key + bytes,
      me.key.slice(0, 50) + bytes + me.key.slice(51),
      me.key.replace('a', bytes),
    ]) {
      await expectEach([`Authorization: Bearer ${text}`], INVALID);
      await expectEach([`X-API-Key: ${text}`], INVALID);
    }
  });

  test.each([
    ['NUL', '\0'],
    ['a bare CR', '\r'],
  ])('%s behind it: no header at all', async (_, bytes) => {
    expectTurnedAway(await edge.send(get('/v1/any/a', bearer(me) + bytes)));
  });

  test('one body for all of them', async () => {
    const told = new Set<string>();
    for (const [, text] of crippled()) {
      const { answers } = await edge.send(get('/v1/any/a', `X-API-Key: ${text}`));
      told.add(JSON.stringify({ ...JSON.parse(answers[0]?.text ?? ''), request_id: '' }));
    }
    expect(told.size).toBe(1);
  });
});

describe('CRED-16 › what is too long to be a credential', () => {
  test.each([
    ['600 B', 'a'.repeat(600), INVALID],
    ['8 kB', 'a'.repeat(8_000), INVALID],
    ['9 kB', 'a'.repeat(9_000), refusal(431, 'headers_too_long')],
    ['70 kB', 'a'.repeat(70_000), refusal(431, 'headers_too_long')],
    ['70 kB of equals signs', `a${'='.repeat(70_000)}`, refusal(431, 'headers_too_long')],
    ['8 kB of dots', '.'.repeat(8_000), INVALID],
    ['70 kB of dots', '.'.repeat(70_000), refusal(431, 'headers_too_long')],
  ])('%s', async (_, text, expected) => {
    await expectEach([`Authorization: Bearer ${text}`], expected);
    await expectEach([`X-API-Key: ${text}`], expected);
  });

  test('spaces are counted too', async () => {
    await expectEach(
      [`Authorization: Bearer${' '.repeat(70_000)}${me.key}`],
      refusal(431, 'headers_too_long'),
    );
  });
});

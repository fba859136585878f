import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { integerBelow, type Random } from '../simulate/random.ts';
import type { Ask, Expected } from './judge.ts';
import { type Credential, type Key, ofSecret, ofSession, ofToken, SPELLINGS } from './people.ts';
import { API_HOST, ROUTES, type RouteName, SCOPES } from './settings.ts';
import { pick, pickUneven, type Soak } from './soak.ts';
import { latest } from './timeline.ts';

/** A request that is still to be given its number. */
type Draft = Partial<Ask> & { readonly expected: Expected };

/** A kind of request: how often it is made, and how. Null where there is nothing to make it of just now. */
interface Kind {
  readonly name: string;
  readonly weight: number;
  readonly draft: (soak: Soak, random: Random, nonce: string) => Draft | null;
}

/** Draws the next request. */
export const openAsks = (soak: Soak, purpose: string): (() => Ask) => {
  const random = soak.random(purpose);
  return () => {
    const number = soak.tally.requests++;
    const nonce = `n${number}`;
    const drawn = soak.watched.length > 0 && random() < WATCHED_SHARE ? WATCHED : draw(random);
    const first = drawn.draft(soak, random, nonce);
    const [kind, draft] = first === null ? [OPEN, OPEN.draft(soak, random, nonce)] : [drawn, first];
    return {
      ...{ kind: kind.name, nonce, requestId: `soak-${String(number).padStart(8, '0')}`, method: 'GET' },
      ...{ path: `/open/${nonce}`, lines: [], body: null, isChunked: false, host: API_HOST },
      ...(draft ?? { expected: NOBODY }),
    };
  };
};

const draw = (random: Random): Kind => {
  let left = random() * WHOLE;
  for (const kind of KINDS) {
    left -= kind.weight;
    if (left < 0) return kind;
  }
  return OPEN;
};

/** How many requests go to what was just taken away, while there is something. */
const WATCHED_SHARE = 0.15;

const NOBODY: Expected = { type: 'anonymous' };
const refused = (status: number, code: string): Expected => ({ type: 'refused', status, code });

/** Something that somebody asks for on a route. */
const to = (route: RouteName, credential: Credential, nonce: string): Draft => ({
  path: ROUTES[route].path + nonce,
  lines: [credential.line],
  expected: { type: 'caller', credential, route },
});

/** A route of those without a body that a caller may have. */
const GETS = ['read', 'report', 'strict'] as const;

/** Where a caller who has these scopes is let in; mostly to read. */
const routeFor = (random: Random, scopes: readonly string[]): RouteName => {
  const drawn = random() < STRICT_SHARE ? 'strict' : random() < REPORT_SHARE ? 'report' : 'read';
  if (ROUTES[drawn].scopes.every((scope) => scopes.includes(scope))) return drawn;
  return GETS.find((route) => ROUTES[route].scopes.every((scope) => scopes.includes(scope))) ?? 'open';
};

const STRICT_SHARE = 0.04;
const REPORT_SHARE = 0.15;

const scopesOf = (key: Key): readonly string[] => latest(key.scopes) ?? [];

const secretOf = (random: Random, key: Key, spelling: (typeof SPELLINGS)[number]): Credential | null => {
  const secret = pick(random, key.secrets);
  return secret === undefined ? null : ofSecret(key, secret, spelling);
};

/** A living key: mostly of somebody whose limit is out of reach, the first ones more often than the last. */
const keyOf = (soak: Soak, random: Random): Key | undefined => pickUneven(random, soak.keys);

const bySecret =
  (spelling: (typeof SPELLINGS)[number]): Kind['draft'] =>
  (soak, random, nonce) => {
    const key = keyOf(soak, random);
    const credential = key === undefined ? null : secretOf(random, key, spelling);
    return key === undefined || credential === null
      ? null
      : to(routeFor(random, scopesOf(key)), credential, nonce);
  };

const anySpelling = (random: Random) => pick(random, SPELLINGS) ?? 'bearer';

/** A secret, a token or a session of a living key. */
const anyCredential = (soak: Soak, random: Random, key: Key): Credential | null => {
  const drawn = random();
  const token = drawn < 0.2 ? pick(random, key.tokens) : undefined;
  if (token !== undefined) return ofToken(key, token);
  if (drawn < 0.3 && soak.owners.includes(key.owner)) return ofSession(key.owner, SCOPES);
  return secretOf(random, key, anySpelling(random));
};

/** What a body has behind its nonce. */
const FILLER = randomBytes(1_048_576);
const SMALL_BODY = 2_000;

const bodyOf = (random: Random, nonce: string, most: number): Buffer => {
  const length = integerBelow(random, most);
  return Buffer.concat([Buffer.from(`${nonce}:`), FILLER.subarray(0, length)]);
};

const written =
  (most: number, isChunked: (random: Random) => boolean): Kind['draft'] =>
  (soak, random, nonce) => {
    const key = soak.keys.length === 0 ? undefined : writer(soak, random);
    const credential = key === undefined ? null : anyCredential(soak, random, key);
    if (credential === null) return null;
    const method = random() < 0.3 ? 'PUT' : 'POST';
    return {
      ...to('write', credential, nonce),
      method,
      body: bodyOf(random, nonce, most),
      isChunked: isChunked(random),
    };
  };

const writer = (soak: Soak, random: Random): Key | undefined => {
  for (let tries = 0; tries < 8; tries++) {
    const key = keyOf(soak, random);
    if (key !== undefined && scopesOf(key).includes('items:write')) return key;
  }
  return undefined;
};

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const digits = (random: Random, length: number): string =>
  Array.from({ length }, () => DIGITS.charAt(integerBelow(random, DIGITS.length))).join('');

/** A key of our grammar, its CRC right, that nobody issued. */
const madeUp = (random: Random): string => {
  const text = `soak_test_0${digits(random, 16)}0${digits(random, 10)}_${digits(random, 44)}0${digits(random, 10)}`;
  let crc = '';
  for (let rest = crc32(text); rest > 0; rest = Math.floor(rest / 62)) crc = DIGITS.charAt(rest % 62) + crc;
  return text + crc.padStart(6, '0');
};

/** The same text with another sign in its middle. */
const mistyped = (random: Random, text: string): string => {
  const at = Math.floor(text.length * (0.4 + 0.3 * random()));
  return `${text.slice(0, at)}${text.charAt(at) === 'x' ? 'y' : 'x'}${text.slice(at + 1)}`;
};

const BAD = refused(401, 'invalid_token');
const TWO = refused(400, 'invalid_request');
const ODD = refused(400, 'path_not_canonical');
const NO_ROUTE = refused(404, 'no_route');

/** Paths that are not the one spelling of what they mean, or mean nothing. */
const ODD_PATHS: readonly (readonly [path: string, expected: Expected])[] = [
  ['/v1/items/../strict/', ODD],
  ['/v1/items/%2e%2e/strict/', ODD],
  ['/v1//items/', ODD],
  ['/v1/items/a%2Fb/', ODD],
  ['/v1/items/./', ODD],
  ['/v1/items/a;b=', ODD],
  ['/public/../v1/strict/', ODD],
  ['/V1/items/', NO_ROUTE],
  ['/v1/item/', NO_ROUTE],
  ['/', NO_ROUTE],
];

/** A living key, whoever's it is, by Bearer: for requests that are refused whatever they present. */
const someLine = (soak: Soak, random: Random): readonly string[] => {
  const key = keyOf(soak, random)?.secrets[0]?.key;
  return key === undefined ? [] : [`Authorization: Bearer ${key}`];
};

const OPEN: Kind = {
  name: 'anonymous',
  weight: 40,
  draft: (_soak, _random, nonce) => ({ path: `/open/${nonce}`, expected: NOBODY }),
};

/** What was just taken away is tried until it must be gone, and a while beyond. */
const WATCHED: Kind = {
  name: 'watched',
  weight: 0,
  draft: (soak, random, nonce) => {
    const now = Date.now();
    while ((soak.watched[0]?.until ?? Infinity) < now) soak.watched.shift();
    const credential = pick(random, soak.watched)?.credential;
    if (credential === undefined) return null;
    const route = pick(random, ['read', 'read', 'report', 'strict', 'write', 'open'] as const) ?? 'read';
    const draft = to(route, credential, nonce);
    return route === 'write' ? { ...draft, method: 'POST', body: bodyOf(random, nonce, SMALL_BODY) } : draft;
  },
};

/** Weights are of a thousand. */
const KINDS: readonly Kind[] = [
  { name: 'bearer', weight: 300, draft: bySecret('bearer') },
  { name: 'x-api-key', weight: 120, draft: bySecret('x-api-key') },
  { name: 'basic', weight: 90, draft: bySecret('basic') },
  {
    name: 'access token',
    weight: 90,
    draft: (soak, random, nonce) => {
      for (let tries = 0; tries < 8; tries++) {
        const key = keyOf(soak, random);
        const token = key === undefined ? undefined : pick(random, key.tokens);
        if (key === undefined || token === undefined || token.expiresAt < Date.now() + 60_000) continue;
        const both = token.scopes.filter((scope) => scopesOf(key).includes(scope));
        return to(routeFor(random, both), ofToken(key, token), nonce);
      }
      return null;
    },
  },
  {
    name: 'session',
    weight: 70,
    draft: (soak, random, nonce) => {
      const owner = pick(random, soak.owners);
      return owner === undefined || owner.meter !== null
        ? null
        : to(routeFor(random, SCOPES), ofSession(owner, SCOPES), nonce);
    },
  },
  {
    name: 'optional, with a credential',
    weight: 15,
    draft: (soak, random, nonce) => {
      const key = keyOf(soak, random);
      const credential = key === undefined ? null : anyCredential(soak, random, key);
      return credential === null ? null : to('open', credential, nonce);
    },
  },
  OPEN,
  {
    name: 'public',
    weight: 50,
    // Whatever is presented here is not read.
    draft: (soak, random, nonce) => ({
      ...{ path: `/public/${nonce}`, expected: NOBODY },
      lines: random() < 0.3 ? someLine(soak, random) : [],
    }),
  },
  { name: 'body', weight: 50, draft: written(SMALL_BODY, (random) => random() < 0.2) },
  { name: 'large body', weight: 2, draft: written(FILLER.length, (random) => random() < 0.5) },
  {
    name: 'head',
    weight: 20,
    draft: (soak, random, nonce) => {
      const key = keyOf(soak, random);
      const credential = key === undefined ? null : secretOf(random, key, anySpelling(random));
      return credential === null ? null : { ...to('read', credential, nonce), method: 'HEAD' };
    },
  },
  {
    name: 'strict',
    weight: 10,
    draft: (soak, random, nonce) => {
      const key = keyOf(soak, random);
      const credential = key === undefined ? null : anyCredential(soak, random, key);
      return credential === null ? null : to('strict', credential, nonce);
    },
  },
  {
    name: 'scope missing',
    weight: 15,
    draft: (soak, random, nonce) => {
      const key = keyOf(soak, random);
      const credential = key === undefined ? null : anyCredential(soak, random, key);
      return credential === null ? null : to('admin', credential, nonce);
    },
  },
  {
    name: 'small limit',
    weight: 45,
    draft: (soak, random, nonce) => {
      const now = Date.now();
      const key = pick(random, soak.small);
      // Some rest while others go beyond their limit, and then the other way round.
      if (key === undefined || (isResting(key, now) && random() < 0.97)) return null;
      const credential = secretOf(random, key, anySpelling(random));
      return credential === null ? null : to(routeFor(random, scopesOf(key)), credential, nonce);
    },
  },
  {
    name: 'ended',
    weight: 15,
    draft: (soak, random, nonce) => {
      const credential = pick(random, soak.ended);
      return credential === undefined ? null : to(random() < 0.5 ? 'read' : 'open', credential, nonce);
    },
  },
  {
    name: 'made up',
    weight: 15,
    draft: (_soak, random, nonce) => {
      const key = madeUp(random);
      const [id, secret] = [key.slice(0, 38), key.slice(39)];
      const line =
        pick(random, [
          `Authorization: Bearer ${key}`,
          `X-API-Key: ${key}`,
          `Authorization: Basic ${btoa(`${id}:${secret}`)}`,
          `Authorization: Bearer ${digits(random, 20)}.${digits(random, 40)}.${digits(random, 30)}`,
        ]) ?? '';
      return { path: `/v1/items/${nonce}`, lines: [line], expected: BAD };
    },
  },
  {
    name: 'mistyped',
    weight: 15,
    draft: (soak, random, nonce) => {
      const key = keyOf(soak, random);
      const token = key === undefined ? undefined : pick(random, key.tokens);
      const text = token !== undefined && random() < 0.3 ? token.jwt : key?.secrets[0]?.key;
      if (text === undefined) return null;
      const line = `Authorization: Bearer ${mistyped(random, text)}`;
      return { path: `/${random() < 0.5 ? 'v1/items' : 'open'}/${nonce}`, lines: [line], expected: BAD };
    },
  },
  {
    name: "another's secret",
    weight: 5,
    draft: (soak, random, nonce) => {
      const [one, other] = [keyOf(soak, random), keyOf(soak, random)];
      const secret = other?.secrets[0]?.key.slice(other.keyId.length + 1);
      if (one === undefined || secret === undefined || one === other) return null;
      const line = `Authorization: Basic ${btoa(`${one.keyId}:${secret}`)}`;
      return { path: `/v1/items/${nonce}`, lines: [line], expected: BAD };
    },
  },
  {
    name: 'two credentials',
    weight: 10,
    draft: (soak, random, nonce) => {
      const lines = [...someLine(soak, random), `X-API-Key: ${keyOf(soak, random)?.secrets[0]?.key ?? 'x'}`];
      return lines.length < 2 ? null : { path: `/v1/items/${nonce}`, lines, expected: TWO };
    },
  },
  {
    name: 'credential in the query',
    weight: 3,
    draft: (soak, random, nonce) => ({
      path: `/v1/items/${nonce}?access_token=${keyOf(soak, random)?.secrets[0]?.key ?? 'x'}`,
      expected: TWO,
    }),
  },
  {
    name: 'no credential',
    weight: 8,
    draft: (_soak, _random, nonce) => ({
      path: `/v1/items/${nonce}`,
      expected: refused(401, 'credential_missing'),
    }),
  },
  {
    name: 'odd path',
    weight: 12,
    draft: (soak, random, nonce) => {
      const [path, expected] = pick(random, ODD_PATHS) ?? ['/', NO_ROUTE];
      return { path: path + nonce, lines: someLine(soak, random), expected };
    },
  },
  {
    name: 'other method',
    weight: 4,
    draft: (soak, random, nonce) => ({
      ...{ method: 'DELETE', path: `/v1/items/${nonce}`, lines: someLine(soak, random) },
      expected: refused(405, 'method_not_allowed'),
    }),
  },
  {
    name: 'other host',
    weight: 4,
    draft: (soak, random, nonce) => ({
      ...{ host: 'other.soak', path: `/v1/items/${nonce}`, lines: someLine(soak, random) },
      expected: refused(421, 'host_unknown'),
    }),
  },
];

const WHOLE = KINDS.reduce((sum, { weight }) => sum + weight, 0);

/** For how long an owner with a small limit is over it, and then rests. */
const TURN_MS = 30_000;

const isResting = ({ owner }: Key, now: number): boolean =>
  (Math.floor(now / TURN_MS) + owner.number) % 2 === 1;

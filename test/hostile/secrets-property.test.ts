import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { holds } from '../property.ts';
import { dumpOfKv, inUse, lineCount, linesAfter, partsOf } from '../secrets.ts';
import { secretsIn } from '../spellings.ts';
import {
  accessToken,
  desk,
  dumpOfRing,
  emulator,
  fault,
  type Isolate,
  isolate,
  issueKey,
  now,
  ringStub,
  rooms,
  signIn,
} from '../world.ts';
import { PLACES, type Place, type Planted } from './secret-places.ts';

/** A client's visit: which secret, spelled how, in what condition, where, before what that fails. Plain data. */
interface Visit {
  readonly secret: (typeof SECRETS)[number];
  readonly spelling: keyof typeof SPELLINGS;
  readonly fate: (typeof FATES)[number];
  readonly place: number;
  readonly fault: (typeof FAULTS)[number];
  readonly isCold: boolean;
}

const SECRETS = ['key', 'tail', 'session', 'token'] as const;
const FATES = ['good', 'good', 'revoked', 'last sign changed', 'cut short', 'doubled'] as const;
const FAULTS = ['none', 'none', 'Stytch fails', 'Stytch quotes', 'KV', 'Ring', 'origin'] as const;

const bytesOf = (text: string): readonly number[] => [...new TextEncoder().encode(text)];
const hexOf = (text: string): string =>
  bytesOf(text)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');

/** How a client may write it. */
const SPELLINGS = {
  plain: (text: string) => text,
  base64: (text: string) => btoa(text),
  base64url: (text: string) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''),
  hex: hexOf,
  percent: (text: string) => hexOf(text).replaceAll(/../g, '%$&'),
} as const;

const visit: fc.Arbitrary<Visit> = fc.record({
  secret: fc.constantFrom(...SECRETS),
  spelling: fc.oneof(
    { weight: 3, arbitrary: fc.constant('plain' as const) },
    fc.constantFrom('base64', 'base64url', 'hex', 'percent'),
  ),
  fate: fc.constantFrom(...FATES),
  place: fc.nat(PLACES.length - 1),
  fault: fc.constantFrom(...FAULTS),
  isCold: fc.boolean(),
});

/** Somebody with a living key and with one that is dead. */
interface Person {
  readonly session: string;
  readonly good: { readonly key: string; readonly token: string };
  readonly revoked: { readonly key: string; readonly token: string };
}

const newPerson = async (): Promise<Person> => {
  const session = await signIn();
  const [good, revoked] = [await issueKey(session), await issueKey(session)];
  const tokens = [await accessToken(good.key), await accessToken(revoked.key)];
  await desk(session, 'DELETE', `/v1/keys/${revoked.key_id}`);
  return {
    session,
    good: { key: good.key, token: tokens[0] ?? '' },
    revoked: { key: revoked.key, token: tokens[1] ?? '' },
  };
};

const textOf = (person: Person, { secret, fate }: Visit): string => {
  const { key, token } = fate === 'revoked' ? person.revoked : person.good;
  const text = { key, tail: key.split('_')[3] ?? '', session: person.session, token }[secret];
  if (fate === 'last sign changed') return text.slice(0, -1) + (text.endsWith('x') ? 'y' : 'x');
  if (fate === 'cut short') return text.slice(0, -7);
  return fate === 'doubled' ? text + text : text;
};

const throwing = (names: readonly string[]) =>
  new Proxy({}, { get: (_, name) => (names.includes(String(name)) ? fails : undefined) });
const fails = async () => {
  throw new Error('a binding fails');
};

/** An isolate before a world in which this goes wrong, and perhaps says in its answer what it was sent. */
const isolateBefore = async (what: Visit['fault'], text: string): Promise<Isolate> => {
  await emulator('DELETE', '/faults');
  const body = { error: 'invalid_request', error_description: text, error_message: text };
  if (what === 'Stytch fails') await fault('token', { kind: 'status', status: 503 });
  if (what === 'Stytch quotes') await fault('token', { kind: 'status', status: 400, body });
  if (what === 'origin') await rooms.ORIGIN.next({ fail: 'refuse' });
  // Whatever it is asked: a method that is not there would be a bug of the test, and 500.
  const ring = new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : fails) });
  return isolate({
    ...(what === 'KV' ? { VAULT: throwing(['get', 'put', 'delete']) } : {}),
    ...(what === 'Ring' ? { KEY_RING: { getByName: () => ring } } : {}),
  });
};

/** What reached the origin besides what the client asked to be handed on: the rest of it is our word. */
const ours = async (place: Place, request: Planted): Promise<string> => {
  const sent = new Map(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const seen = (await rooms.ORIGIN.records()).map(({ method, url, headers, body }) => {
    const kept = headers.filter(([name, value]) => !place.isHandedOn || sent.get(name) !== value);
    const claims = headers.map(([name, value]) => (/assertion$/i.test(name) ? claimsOf(value) : ''));
    return [method, ...(place.isHandedOn ? [] : [url, body]), ...kept.flat(), ...claims].join('\n');
  });
  return seen.join('\n');
};

const claimsOf = (jwt: string): string =>
  atob((jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/'));

const decoded = (text: string): string =>
  text.replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const heard = async (response: Response): Promise<string> =>
  [response.status, ...[...response.headers].flat(), await response.text()].join('\n');

beforeEach(now);

describe('SECURITY 3, property 4 › no secret escapes', () => {
  it('wherever a client puts it, however spelled, good or bad, and whatever fails: it is in no sink', async ({
    annotate,
  }) => {
    let person = await newPerson();
    let warm = isolate();
    let met = 0;
    const seen = { ok: 0, refused: 0, unavailable: 0 };
    const property = fc.asyncProperty(visit, async (each) => {
      if (met++ % 20 === 0) {
        person = await newPerson();
        warm = isolate();
        for (const { name } of (await rooms.VAULT.list()).keys) await rooms.VAULT.delete(name);
      }
      const place = PLACES[each.place] as Place;
      const known = textOf(person, each);
      // What we are asked to keep stands in a Ring afterwards, where the eavesdropper looks for secrets: this one opens nothing.
      const text = place.isStored ? [...known].reverse().join('') : known;
      if (!place.isStored) inUse(text);
      const request = place.plant(SPELLINGS[each.spelling](text), person.session);
      await rooms.ORIGIN.reset();
      await rooms.ORIGIN.always('*', { body: '{}' });
      const before = lineCount();
      const failing = await isolateBefore(each.fault, text);
      const here = each.isCold || each.fault === 'KV' || each.fault === 'Ring' ? failing : warm;
      const { url, method, headers, body } = request;
      const response = await here.fetch(url, { method, headers, ...(body === null ? {} : { body }) });
      seen[response.ok ? 'ok' : response.status >= 500 ? 'unavailable' : 'refused'] += 1;
      const said = await heard(response);
      const sinks = {
        origin: await ours(place, request),
        client: place.isSaidAgain ? '' : said,
        log: linesAfter(before).join('\n'),
        KV: await dumpOfKv(),
        Ring: place.isStored ? '' : JSON.stringify(await dumpOfRing(await ringStub(person.session))),
      };
      for (const [sink, content] of Object.entries(sinks)) {
        const found = secretsIn(`${content}\n${decoded(content)}`, partsOf(text));
        expect([sink, place.name, found]).toEqual([sink, place.name, []]);
      }
      if (place.isEnding) met = 0;
      await emulator('DELETE', '/faults');
    });
    await holds('4', property, annotate);
    expect(Math.min(seen.ok, seen.refused, seen.unavailable)).toBeGreaterThan(0);
  });
});

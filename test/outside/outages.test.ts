import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { LATCHKEY } from '../../src/model/author.ts';
import { ringOfOwner } from '../../src/model/key.ts';
import { bundle } from '../../tools/serve/bundle.ts';
import { serve } from '../../tools/serve/index.ts';
import { freshSecrets } from '../../tools/serve/secrets.ts';
import { base64, issue, signIn, stytchEmulator } from './edge.ts';
import { type Answer, ask } from './outages-client.ts';
import { type RecordingOrigin, recordingOrigin } from './recording-origin.ts';

// DESIGN.md section 12, row by row, while somebody asks all the time. Each test leaves all as it was.

type Served = Awaited<ReturnType<typeof serve>>;

let stytch: Served;
let edge: Served;
let origin: RecordingOrigin;

/** `warm` knows everybody; `cold` is thrown away now and then; `graceful` has `ringGraceSeconds`. All share Rings and KV. */
const PLACES = ['warm', 'cold', 'graceful'] as const;
type Place = (typeof PLACES)[number];
const port = (place: Place): number => edge.port(place);

const LEASE_MS = 2_000;

beforeAll(async () => {
  origin = await recordingOrigin();
  stytch = await serve({ services: [stytchEmulator()] });
  const emulator = inject('emulatorBindings');
  const first = {
    name: 'warm',
    script: bundle('test/outside/outages-worker.ts').script,
    kv: ['VAULT'],
    durableObjects: [
      { binding: 'KEY_RING', className: 'KeyRing' },
      { binding: 'LOBBY', className: 'Lobby' },
    ],
    rateLimits: [{ binding: 'STRANGERS', limit: 1_000_000_000, periodSeconds: 60 }],
    bindings: {
      ...freshSecrets(),
      STYTCH_PROJECT_ID: emulator.PROJECT_ID ?? '',
      STYTCH_SECRET: emulator.PROJECT_SECRET ?? '',
      STYTCH_API_URL: `http://127.0.0.1:${stytch.port('stytch')}`,
      ORIGIN_URL: origin.url,
    },
    socket: 0,
  };
  const shared = { ...first, shareDurableObjectsOf: 'warm' };
  edge = await serve({
    services: [
      first,
      { ...shared, name: 'cold' },
      { ...shared, name: 'graceful', bindings: { ...first.bindings, GRACE_SECONDS: '60' } },
    ],
  });
  await meetEverybody();
});

afterAll(async () => {
  await Promise.all([edge?.stop(), stytch?.stop(), origin?.stop()]);
});

/** The Stytch emulator's side door. */
const emulate = async (method: string, path: string, body?: object): Promise<void> => {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const answer = await fetch(`http://127.0.0.1:${stytch.port('stytch')}/_emulator${path}`, init);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
};

const atStytch = (path: string, body: object | URLSearchParams) => {
  const { PROJECT_ID, PROJECT_SECRET } = inject('emulatorBindings');
  const isForm = body instanceof URLSearchParams;
  return fetch(`http://127.0.0.1:${stytch.port('stytch')}${path}`, {
    method: 'POST',
    headers: isForm
      ? {}
      : {
          authorization: `Basic ${base64(`${PROJECT_ID}:${PROJECT_SECRET}`)}`,
          'content-type': 'application/json',
        },
    body: isForm ? body : JSON.stringify(body),
  });
};

const rpc = async (
  host: 'ring.test' | 'lobby.test',
  name: string,
  method: string,
  ...parameters: unknown[]
): Promise<void> => {
  const { status } = await ask(
    port('warm'),
    ['POST', host, `/${name}`],
    undefined,
    JSON.stringify({ method, parameters }),
  );
  expect(status).toBe(200);
};

/** Somebody who asks, and what he gets as long as nothing fails. */
interface Kind {
  readonly authorization?: string;
  readonly path: string;
  readonly status: number;
}

/** Everybody who asks all the time. The last four never get through, whatever fails. */
const mix: Record<string, Kind> = {};
const GOOD = ['key', 'session', 'token', 'pair'] as const;
const NAMES = [...GOOD, 'anonymous', 'madeUp', 'revoked', 'narrow'] as const;
type Name = (typeof NAMES)[number];

/** Of the owners of those. */
const rings = new Set<string>();
const ada = { session: '', other: '' };
/** Somebody whose Ring is always well. */
let bystander: Kind;

const ITEMS = '/v1/items/1';
const bearer = (text: string, status = 200): Kind => ({
  authorization: `Bearer ${text}`,
  path: ITEMS,
  status,
});

const newKey = async (session: string, scopes: readonly string[] = ['items:read']) => {
  const made = await issue(port('warm'), session, 'outages', scopes);
  return { ...made, ring: made.keyId.slice('acme_test_'.length, -11) };
};

const newPair = async (): Promise<Kind> => {
  const { PROJECT_ID = '' } = inject('emulatorBindings');
  const clientId = `m2m-client-test-${crypto.randomUUID()}`;
  const clientSecret = `${'Zz9'.repeat(6)}${crypto.randomUUID()}`;
  const owner = { kind: 'user', id: `user-test-${crypto.randomUUID()}`, organizationId: null } as const;
  const client = {
    client_id: clientId,
    client_secret: clientSecret,
    client_name: 'foreign',
    scopes: ['items:read'],
  };
  const made = await atStytch('/v1/m2m/clients', { ...client, trusted_metadata: { user_id: owner.id } });
  expect(made.status).toBe(200);
  const ring = await ringOfOwner(PROJECT_ID, owner);
  rings.add(ring);
  await rpc('lobby.test', clientId, 'claim', { clientId, owner });
  const adopted = {
    clientId,
    createdBy: owner.id,
    name: 'foreign',
    description: '',
    scopes: ['items:read'],
    expiresAt: null,
    limit: null,
  };
  await rpc('ring.test', ring, 'adopt', owner, adopted, LATCHKEY);
  return { authorization: `Basic ${base64(`${clientId}:${clientSecret}`)}`, path: ITEMS, status: 200 };
};

const tokenOf = async (key: string): Promise<string> => {
  const { PROJECT_ID } = inject('emulatorBindings');
  const form = {
    grant_type: 'client_credentials',
    client_id: key.slice(0, 38),
    client_secret: key.slice(39, 83),
  };
  const answer = await atStytch(`/v1/public/${PROJECT_ID}/oauth2/token`, new URLSearchParams(form));
  return ((await answer.json()) as { access_token: string }).access_token;
};

const meetEverybody = async (): Promise<void> => {
  const session = await signIn(stytch.port('stytch'));
  const { key, ring, keyId } = await newKey(session);
  rings.add(ring);
  Object.assign(ada, { session, other: keyId });
  mix.key = bearer(key);
  mix.session = bearer(session);
  mix.token = bearer(await tokenOf(key));
  mix.pair = await newPair();
  mix.anonymous = { path: '/optional/1', status: 200 };
  mix.madeUp = bearer(`acme_test_${'0'.repeat(28)}_${'1'.repeat(61)}`, 401);
  const revoked = await newKey(session);
  mix.revoked = bearer(revoked.key, 401);
  mix.narrow = bearer((await newKey(session, ['items:write'])).key, 403);
  bystander = bearer((await newKey(await signIn(stytch.port('stytch')))).key);
  for (const place of PLACES) {
    // In use before it is revoked, as it would be.
    expect((await call(place, { ...mix.revoked, status: 200 })).status).toBe(200);
    expect((await call(place, bystander)).status).toBe(200);
  }
  expect((await desk('DELETE', `/v1/keys/${revoked.keyId}`)).status).toBe(200);
  await wait(LEASE_MS + 100);
  await allIsWell();
};

const call = (place: Place, { authorization, path }: Kind): Promise<Answer> =>
  ask(port(place), ['GET', 'api.test', path], authorization);

const desk = (method: string, path: string, body?: object): Promise<Answer> =>
  ask(
    port('warm'),
    [method, 'desk.test', path],
    `Bearer ${ada.session}`,
    body === undefined ? undefined : JSON.stringify(body),
  );

const issueNow = () => desk('POST', '/v1/keys', { name: 'in an outage', scopes: ['items:read'] });

type Tally = Record<Name, number[]>;

/** Asks once with each, and writes down what he got. What must never be is checked at each answer. */
const round = async (place: Place, names: readonly Name[], tally: Tally): Promise<void> => {
  const answers = await Promise.all(
    names.map(async (name) => [name, await call(place, mix[name] as Kind)] as const),
  );
  for (const [name, { status, code, retryAfter }] of answers) {
    tally[name].push(status);
    // Who is good is never told that he is not; who is not never gets in.
    const never = (mix[name] as Kind).status === 200 ? [401, 403] : [200];
    expect(never.includes(status), `${name}: ${status}`).toBe(false);
    if (status !== 503) continue;
    expect(code).toBe('unavailable');
    expect(Number(retryAfter)).toBeGreaterThanOrEqual(1);
  }
};

const noTally = (): Tally => Object.fromEntries(NAMES.map((name) => [name, []])) as unknown as Tally;

/** Asks again and again; every status that each got. */
const traffic = async (place: Place, rounds: number, pauseMs = 150): Promise<Tally> => {
  const tally = noTally();
  for (let i = 0; i < rounds; i++) {
    await round(place, NAMES, tally);
    await wait(pauseMs);
  }
  return tally;
};

/** Asks again and again until it is stopped, at most for so many rounds. */
const keepAsking = (place: Place, names: readonly Name[], most = 300) => {
  const tally = noTally();
  let isOver = false;
  const asking = (async () => {
    for (let i = 0; i < most && !isOver; i++) {
      await round(place, names, tally);
      await wait(100);
    }
  })();
  // It is looked at when it is stopped.
  asking.catch(() => undefined);
  return {
    tally,
    stop: async (): Promise<void> => {
      isOver = true;
      await asking;
    },
  };
};

/** Asserts that everybody got nothing but these. */
const only = (tally: Tally, expected: Partial<Record<Name, readonly number[]>>): void => {
  for (const [name, statuses] of Object.entries(expected))
    expect([name, [...new Set(tally[name as Name])].filter((status) => !statuses.includes(status))]).toEqual([
      name,
      [],
    ]);
};

const good = (...statuses: readonly number[]) =>
  Object.fromEntries(GOOD.map((name) => [name, statuses])) as Record<
    (typeof GOOD)[number],
    readonly number[]
  >;

const USUAL: Readonly<Record<Name, readonly number[]>> = {
  ...good(200),
  anonymous: [200],
  madeUp: [401],
  revoked: [401],
  narrow: [403],
};
const refusedAsEver = { madeUp: [401], revoked: [401], narrow: [403] };

const allIsWell = async (): Promise<void> => {
  for (const place of PLACES) only(await traffic(place, 2, 0), USUAL);
};

/** An isolate that has just begun. */
const restart = async (place: Place): Promise<void> =>
  void (await ask(port(place), ['POST', 'isolate.test', '/']));

const failKv = async (ofTen: number): Promise<void> => {
  for (const place of PLACES) await ask(port(place), ['POST', 'kv.test', `/${ofTen}`]);
};

const makeRings = async (mood: 'well' | 'throw' | 'hang'): Promise<void> => {
  for (const ring of rings) await rpc('ring.test', ring, 'be', mood);
};

afterEach(async () => {
  await emulate('DELETE', '/faults');
  await failKv(0);
  await makeRings('well');
  origin.reset();
  // What was refused or sought in vain is tried again after a second, and what was lent is over.
  await wait(1_100);
  await allIsWell();
});

describe('while everybody asks', () => {
  it('nothing fails: everybody gets what is his', async () => {
    only(await traffic('warm', 3), USUAL);
  });

  it('Stytch is unreachable: who was good stays good, who is new is 503, revoking works at once, issuing is 503', async () => {
    const [fresh, doomed] = [await newKey(ada.session), await newKey(ada.session)];
    const freshPair = await newPair();
    for (const place of ['warm', 'cold'] as const)
      expect((await call(place, bearer(doomed.key))).status).toBe(200);
    await emulate('POST', '/faults', { endpoint: '*', kind: 'status', status: 503 });
    // Longer than a lease.
    only(await traffic('warm', 16), USUAL);
    await restart('cold');
    only(await traffic('cold', 3), USUAL);
    for (const unheard of [bearer(fresh.key), freshPair])
      expect(await call('cold', unheard)).toMatchObject({ status: 503, code: 'unavailable' });
    expect((await issueNow()).status).toBe(503);
    const revoked = await desk('DELETE', `/v1/keys/${doomed.keyId}`);
    expect(revoked.status).toBe(200);
    expect((await call('warm', { ...bearer(doomed.key), path: '/v1/strict/1' })).status).toBe(401);
    await wait(Date.parse(JSON.parse(revoked.body).effective_by) - Date.now());
    for (const place of ['warm', 'cold'] as const)
      expect((await call(place, bearer(doomed.key))).status).toBe(401);
    await emulate('DELETE', '/faults');
    for (const unheard of [bearer(fresh.key), freshPair])
      expect((await call('cold', unheard)).status).toBe(200);
    expect((await issueNow()).status).toBe(201);
  });

  it('Stytch gives no keys to check with: those at hand do, in memory and in KV', async () => {
    await emulate('POST', '/faults', { endpoint: 'jwks', kind: 'status', status: 503 });
    only(await traffic('warm', 3), USUAL);
    await restart('cold');
    only(await traffic('cold', 3), USUAL);
    expect((await desk('GET', '/v1/keys')).status).toBe(200);
    // With none at hand nobody can tell.
    await failKv(10);
    await restart('cold');
    only(await traffic('cold', 3), {
      ...good(503),
      anonymous: [200],
      madeUp: [401],
      revoked: [401],
      narrow: [503],
    });
  });

  it('KV fails nine times of ten: nobody notices, not even who is new', async () => {
    const fresh = await newKey(ada.session);
    await failKv(9);
    only(await traffic('warm', 3), USUAL);
    await restart('cold');
    only(await traffic('cold', 3), USUAL);
    for (const place of ['cold', 'warm'] as const)
      expect((await call(place, bearer(fresh.key))).status).toBe(200);
    expect((await issueNow()).status).toBe(201);
    expect((await desk('DELETE', `/v1/keys/${fresh.keyId}`)).status).toBe(200);
  });

  it.each(['throw', 'hang'] as const)(
    'the Ring is silent (%s): the lease in hand, then 503; or the isolate’s own past',
    async (mood) => {
      const [fresh, spare] = [await newKey(ada.session), await newKey(ada.session)];
      const graceful = keepAsking('graceful', [...GOOD, 'madeUp']);
      // A whole window, so that there is a past.
      await traffic('warm', 20);
      await makeRings(mood);
      const others = { anonymous: [200], madeUp: [401], revoked: [401, 503] };
      only(await traffic('warm', 1), { ...good(200, 503), narrow: [403, 503], ...others });
      await wait(LEASE_MS);
      only(await traffic('warm', 1), { ...good(503), narrow: [503], ...others });
      const strict: Kind = { ...(mix.key as Kind), path: '/v1/strict/1' };
      const silent = await Promise.all([
        ...PLACES.map((place) => call(place, bearer(fresh.key))),
        ...PLACES.map((place) => call(place, strict)),
        desk('DELETE', `/v1/keys/${spare.keyId}`),
        desk('GET', '/v1/keys'),
        // An issue may take Stytch long, and so is waited for for twenty seconds.
        ...(mood === 'throw' ? [issueNow()] : []),
      ]);
      for (const answer of silent)
        expect(answer).toMatchObject({ status: 503, code: 'unavailable', retryAfter: '1' });
      for (const place of PLACES) expect((await call(place, bystander)).status).toBe(200);
      // All leases are over by now: what comes through does so in grace.
      const before = graceful.tally.key.length;
      await wait(1_500);
      await graceful.stop();
      only(graceful.tally, { ...good(200, 503), madeUp: [401] });
      // Whose word was young enough when the Ring fell silent, the machine's speed decides: not all of them need be.
      const inGrace = GOOD.flatMap((name) => graceful.tally[name].slice(before));
      expect(inGrace).toContain(200);
      await makeRings('well');
      expect((await call('warm', bearer(fresh.key))).status).toBe(200);
    },
  );

  it('the origin fails: 502, and 504 when it says nothing; who is refused is refused as ever', async () => {
    origin.always('*', { fail: 'reset' });
    only(await traffic('warm', 2), {
      ...good(502),
      anonymous: [502],
      ...refusedAsEver,
    });
    origin.reset();
    origin.always('*', { fail: 'hang' });
    only(await traffic('warm', 1), {
      ...good(504),
      anonymous: [504],
      ...refusedAsEver,
    });
  });
});

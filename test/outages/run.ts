import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { vi } from 'vitest';
import { openRandom, type Random } from '../../bench/simulate/random.ts';
import { latchkeyFor } from '../../src/assemble.ts';
import { ringOfOwner } from '../../src/model/key.ts';
import { lobbiesUnder } from '../foreign.ts';
import { ringsUnder } from '../rings.ts';
import settings from '../settings.ts';
import { type Isolate, isolate, PROJECT, rooms } from '../world.ts';
import { type Caller, keyCaller } from './callers.ts';
import { type Answered, endingAt, type Spent, type Truth, type Weather } from './model.ts';
import { issueAt, meet, type People } from './people.ts';
import type { Plan } from './plan.ts';
import type { Sample } from './tally.ts';
import { type Conditions, openWeather, RETRY_AFTER_SECONDS } from './weather.ts';

/** The usual file of the tests, with room for the keys that are made on the way. */
const FILE = { limits: { ...settings.limits, keysPerUser: 200 } };

/** An isolate, and whom it knows by now. */
export interface Place {
  readonly here: Isolate;
  readonly known: Set<Caller>;
}

/** A run under way. */
export interface Run {
  readonly chance: Random;
  readonly weather: Conditions;
  readonly people: People;
  /** The isolate at which keys are managed. */
  readonly desk: Isolate;
  readonly places: Place[];
  readonly newPlace: () => Place;
  /** What the origin saw, by request. */
  readonly origin: Map<string, NonNullable<Answered['origin']>>;
  readonly samples: Sample[];
  /** By owner. */
  readonly spent: Map<string, { readonly units: number; readonly windowMs: number; readonly spent: Spent[] }>;
  readonly wrong: string[];
  readonly unkept: string[];
  phase: string;
  steps: number;
  /** How much time went by in this step, in milliseconds. */
  stepMs: number;
  /** Until when Stytch is left alone, because it asked for it. */
  quietUntil: number;
  readonly end: () => Promise<void>;
}

/** How many isolates there are, and how long each lives on average, in seconds: two are there all the time. */
export const LIVES = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 300, 1_200];

/** Everything as it is before an outage: everybody is there, and the clock stands still until it is moved. */
export const openRun = async (plan: Plan, seed: number): Promise<Run> => {
  const origin: Run['origin'] = new Map();
  const failing = openRandom(seed, `${plan.name}: what fails`);
  const weather = openWeather(failing, (id, headers) => origin.set(id, seenAs(headers)));
  const spies = [ringsUnder(FILE, weather.bindings), lobbiesUnder(FILE, weather.bindings)];
  vi.useFakeTimers({ toFake: ['Date'], now: Math.ceil(Date.now() / 1000) * 1000 });
  const file = { ...settings, ...FILE };
  const newPlace = (): Place => ({ here: isolate(weather.bindings, latchkeyFor(file)), known: new Set() });
  const desk = newPlace().here;
  await weather.pin();
  const people = await meet(desk);
  for (const after of plan.expiries) people.callers.push(await expiring(desk, people, after));
  return {
    ...{ weather, people, desk, newPlace, origin },
    chance: openRandom(seed, `${plan.name}: who asks`),
    places: LIVES.map(newPlace),
    ...{ samples: [], spent: new Map(), wrong: [], unkept: [] },
    ...{ phase: '', steps: 0, stepMs: 0, quietUntil: 0 },
    end: async () => {
      await weather.settled();
      weather.end();
      for (const spy of spies) spy.mockRestore();
    },
  };
};

const seenAs = (headers: Headers): NonNullable<Answered['origin']> => ({
  userId: headers.get('x-latchkey-user-id'),
  keyId: headers.get('x-latchkey-key-id'),
  auth: headers.get('x-latchkey-auth') ?? '',
  scopes: (headers.get('x-latchkey-scopes') ?? '').split(' ').filter((scope) => scope !== ''),
});

const expiring = async (desk: Isolate, { ada }: People, after: number): Promise<Caller> => {
  const at = Date.now() + after * 1000;
  const issued = await issueAt(desk, ada, ['items:read'], { expires_at: new Date(at).toISOString() });
  const caller = keyCaller(`expires after ${after} s`, issued);
  return { ...caller, truth: { ...caller.truth, ended: endingAt(at) } };
};

/** All that is true of somebody, with what Stytch said of him. */
export const truthOf = ({ weather }: Run, { truth }: Caller): Truth => ({
  ...truth,
  acceptedUntil: weather.heard.tokenEnds.get(truth.self.keyId ?? '') ?? null,
});

const JWKS_MAX_STALE_MS = 24 * 3_600_000;

/** What answers now, as far as it is known. */
export const weatherOf = ({ weather, quietUntil }: Run, at: number): Weather => {
  const { stytch, onlyJwks = false, kv, ring } = weather.forecast();
  const isSilent = stytch !== 'well';
  const isStale = at >= weather.heard.jwksAt + JWKS_MAX_STALE_MS;
  return {
    stytch: isSilent && !onlyJwks ? 'silent' : at < quietUntil ? 'unsteady' : 'well',
    ring: ring > 0 ? 'unsteady' : 'well',
    // Who begins anew finds them in KV, or asks Stytch.
    jwks: isSilent && (kv > 0 || isStale) ? 'unsure' : 'at hand',
  };
};

/** Something else fails from now on. */
export const turn = (run: Run, forecast: ReturnType<Conditions['forecast']>): void => {
  const before = run.weather.forecast().stytch;
  // Who was told to come later does so.
  if (before === '429' || before === 'mixed') run.quietUntil = Date.now() + RETRY_AFTER_SECONDS * 1000;
  run.weather.turn(forecast);
};

const ringsOf = async ({ people }: Run): Promise<readonly DurableObjectStub[]> => {
  const owners = new Set(people.callers.map(({ owner }) => owner).filter((owner) => owner !== null));
  const nameOf = (id: string) => ringOfOwner(PROJECT, { kind: 'user', id });
  return Promise.all([...owners].map(async (id) => rooms.KEY_RING.getByName(await nameOf(id))));
};

/** Whatever Rings hold in memory is lost. */
export const evictRings = async (run: Run): Promise<void> => {
  for (const ring of await ringsOf(run)) {
    await evictDurableObject(ring).catch((error: unknown) => {
      if (!String(error).includes('not currently running')) throw error;
    });
  }
};

/** The platform's clock is not moved: who is due by ours is woken by hand. */
export const wakeRings = async (run: Run): Promise<void> => {
  for (const ring of await ringsOf(run)) {
    const dueAt = await runInDurableObject(ring, (_instance, state) => state.storage.getAlarm());
    if (dueAt !== null && dueAt <= Date.now()) await runDurableObjectAlarm(ring);
  }
};

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  bearer,
  coldKey,
  foreignKeyIn,
  keyIn,
  metKey,
  type Presented,
  ringIn,
} from '../faults/cases/gate.ts';
import { tick, untick } from '../faults/clock.ts';
import { atApi, newRun, type Run } from '../faults/run.ts';
import { withRuns } from '../faults/with-runs.ts';
import { madeUpPair } from '../foreign.ts';
import { basicOf } from '../oauth.ts';
import { accessToken, BY, forgetTokens, oddToken, ownerOf, signIn } from '../world.ts';

/** Calls that are under way at the same time: those that the request waits for, and those that it does not wait for. */
interface Round {
  readonly waits: readonly string[];
  readonly beside?: readonly string[];
}

/** What a request waits for, round trip by round trip. */
interface Course {
  readonly name: string;
  readonly present: (run: Run) => Promise<Presented>;
  /** How much later than what was prepared it comes, in seconds. */
  readonly after?: number;
  readonly rounds: readonly Round[];
  readonly status?: number;
  /** What is begun when nothing is waited for any more. */
  readonly behind?: readonly string[];
}

const ORIGIN: Round = { waits: ['Worker → origin'] };
const KV = 'Worker → KV get token';
const KEYS = 'Worker → KV get JWKS';
const RING = 'Worker → Ring admit';
const LOBBY = 'Worker → Lobby look';

/** The isolate has Stytch's signing keys: it served somebody else. */
const warmed = async (run: Run): Promise<void> => {
  await atApi(run, '/v1/any/1', bearer(await signIn()));
  await run.quiet();
};

const foreignPair = async (run: Run): Promise<Presented> => {
  const headers = { authorization: basicOf(await foreignKeyIn(run)) };
  await atApi(run, '/v1/any/1', { headers });
  await run.quiet();
  run.anew('kept');
  return { headers };
};

/** Whatever is about to be begun is begun meanwhile; if it is not, less is seen, and nothing that is not so. */
const atRest = async (): Promise<void> => {
  for (let turn = 0; turn < 12; turn++) await scheduler.wait(5);
};

const COURSES: readonly Course[] = [
  {
    name: 'a key that the Ring has a token of, in an isolate that knows nothing: not for a Vault that says nothing',
    present: async (run) => bearer((await metKey(run)).key),
    rounds: [{ waits: [RING, KEYS], beside: [KV] }, ORIGIN],
  },
  {
    name: 'a key that the Ring has a token of, in an isolate that has the signing keys: for the Ring alone',
    present: async (run) => {
      const { key } = await metKey(run);
      await warmed(run);
      return bearer(key);
    },
    rounds: [{ waits: [RING], beside: [KV] }, ORIGIN],
  },
  {
    name: 'a key that the Vault alone has a token of: for both side by side, and for no exchange',
    present: async (run) => {
      const { key, session } = await metKey(run);
      await forgetTokens((await ringIn(run, session)) as unknown as DurableObjectStub);
      return bearer(key);
    },
    rounds: [{ waits: [KV, RING, KEYS] }, ORIGIN],
  },
  {
    name: 'a key that the Ring has a token of, where KV has no signing keys: then for those of Stytch',
    present: async (run) => {
      const { key } = await metKey(run);
      run.anew('bare');
      return bearer(key);
    },
    rounds: [
      { waits: [RING, KEYS], beside: [KV] },
      { waits: [`${KEYS} (2)`] },
      { waits: ['Worker → Stytch JWKS'] },
      { waits: ['Worker → origin'], beside: ['Worker → KV put JWKS'] },
    ],
  },
  {
    name: 'a key that nobody has a token of: for one exchange, once both have said so',
    present: async (run) => {
      const { key } = await coldKey(run);
      await warmed(run);
      return bearer(key);
    },
    rounds: [
      { waits: [KV, RING] },
      { waits: ['Worker → Ring exchange'] },
      { waits: ['Ring → KV get JWKS'] },
      { waits: ['Ring → Stytch token'] },
      { waits: ['Worker → origin'], beside: ['Worker → KV put token', 'Ring → Lobby tellTokens'] },
    ],
  },
  {
    name: 'a key that was revoked: for the Ring alone',
    present: async (run) => {
      const { key, key_id, session } = await metKey(run);
      const revoked = await (await ringIn(run, session)).revoke(ownerOf(session), key_id, BY);
      if (!revoked.ok) throw new Error(`revoke: ${revoked.refusal.reason}`);
      await run.quiet();
      return bearer(key);
    },
    rounds: [{ waits: [RING], beside: [KV, KEYS] }],
    status: 401,
  },
  {
    name: 'a key on a route that costs more than a newcomer is lent: for the Ring once',
    present: async (run) => ({ ...bearer((await metKey(run)).key), path: '/v1/heavy' }),
    rounds: [{ waits: [RING, KEYS], beside: [KV] }, ORIGIN],
  },
  {
    name: 'a key on a route that asks for each request: for the Ring once',
    present: async (run) => ({ ...bearer((await metKey(run)).key), path: '/v1/strict/1' }),
    rounds: [{ waits: [RING, KEYS], beside: [KV] }, ORIGIN],
  },
  {
    name: 'a key that was made up: for nothing',
    present: async () => bearer(`acme_test_${'0'.repeat(28)}_${'1'.repeat(61)}`),
    rounds: [],
    status: 401,
  },
  {
    name: 'a key in use: for nothing but the origin',
    present: async (run) => {
      const { key } = await keyIn(run);
      await atApi(run, '/v1/items/1', bearer(key));
      return bearer(key);
    },
    rounds: [ORIGIN],
  },
  {
    name: 'a key in use, in the last fifth of its lease: for no renewal',
    present: async (run) => {
      const { key } = await keyIn(run);
      for (let i = 0; i < 8; i++) await atApi(run, '/v1/items/1', bearer(key));
      return bearer(key);
    },
    after: 4.2,
    rounds: [{ waits: ['Worker → origin'], beside: [RING] }],
  },
  {
    name: 'a key in use, in the last five minutes of its token: for no exchange',
    present: async (run) => {
      const { key } = await keyIn(run);
      await atApi(run, '/v1/items/1', bearer(key));
      await tick(3_298);
      await atApi(run, '/v1/items/1', bearer(key));
      return bearer(key);
    },
    after: 3,
    rounds: [{ waits: ['Worker → origin'], beside: ['Worker → Ring exchange'] }],
  },
  {
    name: 'a key in use, after the end of its token: for no exchange, because there was one before',
    present: async (run) => {
      const { key } = await keyIn(run);
      await atApi(run, '/v1/items/1', bearer(key));
      await tick(3_400);
      await atApi(run, '/v1/items/1', bearer(key));
      await run.quiet();
      return bearer(key);
    },
    after: 300,
    rounds: [{ waits: [RING] }, ORIGIN],
  },
  {
    name: 'a session, in an isolate that knows nothing: for the signing keys, and then for its owner’s Ring',
    present: async (run) => {
      await warmed(run);
      run.anew('kept');
      return bearer(await signIn());
    },
    rounds: [{ waits: [KEYS] }, { waits: [RING] }, ORIGIN],
  },
  {
    name: 'a session, in an isolate that has the signing keys: for the Ring alone',
    present: async (run) => {
      await warmed(run);
      return bearer(await signIn());
    },
    rounds: [{ waits: [RING] }, ORIGIN],
  },
  {
    name: 'an access token, in an isolate that has the signing keys: for the Ring alone',
    present: async (run) => {
      const { key } = await keyIn(run);
      await warmed(run);
      return bearer(await accessToken(key));
    },
    rounds: [{ waits: [RING] }, ORIGIN],
  },
  {
    name: 'an access token on a route that costs more than a newcomer is lent: for the Ring once',
    present: async (run) => {
      const { key } = await keyIn(run);
      await warmed(run);
      return { ...bearer(await accessToken(key)), path: '/v1/heavy' };
    },
    rounds: [{ waits: [RING] }, ORIGIN],
  },
  {
    name: 'an access token on a route that asks for each request: for the Ring once',
    present: async (run) => {
      const { key } = await keyIn(run);
      await warmed(run);
      return { ...bearer(await accessToken(key)), path: '/v1/strict/1' };
    },
    rounds: [{ waits: [RING] }, ORIGIN],
  },
  {
    name: 'a session, where the signing keys are ten minutes old: for no new ones',
    present: async (run) => {
      await warmed(run);
      await tick(601);
      return bearer(await signIn());
    },
    rounds: [{ waits: [RING], beside: ['Worker → Stytch JWKS'] }, ORIGIN],
  },
  {
    name: 'a token of a key of Stytch’s that nobody knows: for Stytch’s word on it, and for no Ring',
    present: async (run) => {
      await warmed(run);
      return bearer(
        await oddToken({ kind: 'session', signer: 'foreign', header: { kid: 'jwk-test-unknown' } }),
      );
    },
    after: 31,
    rounds: [{ waits: ['Worker → Stytch JWKS'] }],
    status: 401,
    behind: ['Worker → KV put JWKS'],
  },
  {
    name: 'a foreign pair that the Lobby has a token of: for the address, the Lobby, and its owner’s Ring',
    present: foreignPair,
    rounds: [
      { waits: ['Worker → rate limit'] },
      { waits: [LOBBY, KEYS], beside: [KV] },
      { waits: [RING] },
      ORIGIN,
    ],
  },
  {
    name: 'a foreign pair that nobody imported: for the address and the Lobby alone',
    present: async () => ({ headers: { authorization: basicOf(madeUpPair()) } }),
    rounds: [{ waits: ['Worker → rate limit'] }, { waits: [LOBBY], beside: [KV, KEYS] }],
    status: 401,
  },
  {
    name: 'nobody, where anybody may ask: for the address',
    present: async () => ({ headers: {}, path: '/optional/1' }),
    rounds: [{ waits: ['Worker → rate limit'] }, ORIGIN],
  },
];

describe('what a request waits for', () => {
  withRuns();
  const timeout = globalThis.setTimeout;
  beforeAll(() => {
    // No deadline comes: whatever is waited for is waited for to the end.
    const patient = (work: () => void, ms = 0) => (ms >= 50 ? 0 : timeout(work, ms));
    vi.stubGlobal('setTimeout', patient);
  });
  afterAll(() => vi.unstubAllGlobals());
  afterEach(untick);

  it.each(COURSES)('$name', async ({ present, after = 1, rounds, status = 200, behind = [] }) => {
    await tick(1);
    const run = newRun();
    const { headers, path = '/v1/items/1', init = {} } = await present(run);
    await run.quiet();
    await tick(after);
    run.hold();
    const free = new Set<string>();
    const held = () =>
      run.calls
        .map(({ name }) => name)
        .filter((name) => !free.has(name))
        .sort();
    const letGo = (names: readonly string[]): void => {
      for (const name of names) free.add(name);
      run.letGo(...names);
    };
    const answer = atApi(run, path, { ...init, headers });
    let besides: readonly string[] = [];
    for (const { waits, beside = [] } of rounds) {
      besides = [...besides, ...beside].filter((name) => !waits.includes(name));
      await vi.waitFor(() => expect(held()).toEqual([...waits, ...besides].sort()), { timeout: 20_000 });
      const [last = '', ...others] = waits;
      letGo(others);
      await atRest();
      // The others alone will not do.
      expect(held()).toEqual([last, ...besides].sort());
      letGo([last]);
    }
    const answered = await answer;
    await answered.text();
    await atRest();
    expect([answered.status, held()]).toEqual([status, [...besides, ...behind].sort()]);
    run.letAllGo();
    await run.quiet();
    run.end();
  });
});

import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { vi } from 'vitest';
import { inUse } from '../../secrets.ts';
import type { ADA } from '../../world.ts';
import { API, call, desk, emulator, fault, later, ringStub, send, signIn, stytchCalls } from '../../world.ts';

/** How the world fails while something is done: not at all, Stytch is down, its answer is lost, the machine dies. */
export const MISHAPS = ['none', 'none', 'none', 'down', 'lost', 'crash'] as const;
export type Mishap = (typeof MISHAPS)[number];

/** One owner of the real system. */
export interface Real {
  readonly user: typeof ADA;
  session: string;
  /** Who asks the Desk, if it is not the owner. */
  readonly as?: string;
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Asks the Desk for something that calls Stytch at an endpoint, while that goes wrong as is wished. */
export const ask = async (
  real: Real,
  endpoint: string,
  mishap: Mishap,
  ...request: [method: string, path: string, body?: unknown]
): Promise<Answer> => {
  await emulator('DELETE', '/faults');
  if (mishap === 'down') await fault(endpoint, { kind: 'status', status: 503 });
  if (mishap === 'lost') await fault(endpoint, { kind: 'status', status: 503, effect: 'done' });
  if (mishap === 'crash') await fault(endpoint, { kind: 'latency', latencyMs: 200 });
  const before = (await stytchCalls())[endpoint] ?? 0;
  const answering = desk(real.as ?? real.session, ...request).then(read);
  if (mishap === 'crash') {
    const called = async () => ((await stytchCalls())[endpoint] ?? 0) > before;
    await Promise.race([
      answering,
      vi.waitFor(
        async () => {
          if (!(await called())) throw new Error('not called yet');
        },
        { timeout: 2_000, interval: 5 },
      ),
    ]).catch(() => undefined);
    await crash(await ringStub(real.session));
  }
  const answer = await answering;
  await emulator('DELETE', '/faults');
  return answer;
};

const read = async (response: Response): Promise<Answer> => {
  const body = (await response.json()) as Record<string, unknown>;
  if (typeof body.key === 'string') inUse(body.key);
  return { status: response.status, body };
};

/** Ends a Ring as a machine that dies would: whatever is under way in it is gone. */
export const crash = (ring: DurableObjectStub): Promise<unknown> =>
  runInDurableObject(ring, (_instance, state) => state.abort('the machine died')).catch(() => null);

/** Lets time go by, with the Ring awake at the end of it, and signs in anew: sessions are short. */
export const pass = async (real: Real, seconds: number): Promise<void> => {
  await later(seconds);
  const ring = await ringStub(real.session);
  await runDurableObjectAlarm(ring);
  real.session = await signIn(real.user);
};

/** What a key is told where nothing older than the request is taken for true. */
export const strict = async (key: string): Promise<number> => {
  const path = '/v1/strict/a';
  const headers = { authorization: key };
  return (await (isPair(key) ? send(`${API}${path}`, { headers }) : call(key, path))).status;
};

/** Whether a credential of the model's is the pair of a client that was made elsewhere. */
export const isPair = (key: string): boolean => key.startsWith('Basic ');

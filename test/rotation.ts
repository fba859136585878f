import { runDurableObjectAlarm } from 'cloudflare:test';
import { expect, vi } from 'vitest';
import { parseKey } from '../src/model/key.ts';
import type { Ring } from '../src/model/ports.ts';
import { inUse } from './secrets.ts';
import { atStytch, desk, type Issued, issueKey, newUser, ringStub, signIn, stytchCalls } from './world.ts';

export const A_DAY = 86_400;

/** A key as the Desk shows it. */
export interface Shown {
  readonly status: string;
  readonly last_four: string;
  readonly rotation: {
    readonly started_at: string;
    readonly finishes_at: string;
    readonly old_secret_last_used_at: string | null;
    readonly next_last_four: string;
  } | null;
}

/** A user and a key of his, with what is asked of its rotation. */
export const keyOfSomebody = async (more: object = {}) => {
  const user = await newUser();
  const session = await signIn(user);
  const issued = await issueKey(session, ['items:read', 'items:write'], more);
  return { ...issued, user, session, ...rotationOf(session, issued) };
};

/** What is asked of the rotation of a key. */
export const rotationOf = (session: string, { key_id }: Pick<Issued, 'key_id'>) => {
  const path = `/v1/keys/${key_id}`;
  const rotate = (
    overlapSeconds = A_DAY,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> =>
    desk(session, 'POST', `${path}/rotate`, { overlap_seconds: overlapSeconds }, headers);
  return {
    rotate,
    /** Begins a rotation; the key with the second secret. */
    begin: async (overlapSeconds?: number): Promise<string> => {
      const answer = await rotate(overlapSeconds);
      expect(answer.status).toBe(200);
      return keyIn(answer);
    },
    finish: (): Promise<Response> => desk(session, 'POST', `${path}/rotate/finish`),
    cancel: (): Promise<Response> => desk(session, 'POST', `${path}/rotate/cancel`),
    revoke: (): Promise<Response> => desk(session, 'DELETE', path),
    shown: async (): Promise<Shown> => (await desk(session, 'GET', path)).json(),
  };
};

/** The key in the answer to a rotation: from now on nobody may find it anywhere. */
export const keyIn = async (answer: Response): Promise<string> => {
  const { key } = (await answer.json()) as { readonly key: string };
  inUse(key);
  inUse(parseKey(key, { brands: ['acme'], environment: 'test' })?.clientSecret ?? key);
  return key;
};

/** A key as a client pair. */
export const pairOf = (key: string): string => {
  const id = parseKey(key, { brands: ['acme'], environment: 'test' })?.clientId ?? '';
  const pair = btoa(`${id}:${key.slice(id.length + 1)}`);
  inUse(pair);
  return `Basic ${pair}`;
};

/** The client of a key as Stytch has it; null when there is none. */
export const clientAtStytch = async (
  keyId: string,
): Promise<{ readonly next_client_secret_last_four: string | null } | null> => {
  const answer = await atStytch('GET', `/v1/m2m/clients/${keyId}`);
  return answer.ok ? ((await answer.json()) as { m2m_client: never }).m2m_client : null;
};

/** Has a user's Ring do what is due. */
export const work = async (session: string): Promise<void> => {
  await runDurableObjectAlarm(await ringStub(session));
};

/** A user's Ring by its RPC face. */
export const ringOf = async (session: string): Promise<Ring> => (await ringStub(session)) as unknown as Ring;

/** Waits until one of Stytch's endpoints was called so often. */
export const called = (endpoint: string, times = 1): Promise<void> =>
  vi.waitFor(async () => expect((await stytchCalls())[endpoint] ?? 0).toBeGreaterThanOrEqual(times));

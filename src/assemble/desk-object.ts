import { shaped } from '../gate/admit/shapes.ts';
import { type ReachPorts, reach } from '../model/reach.ts';
import { err, type Result } from '../model/refusal.ts';

/** Of one thing that is asked: how long it is waited for, in milliseconds, and what its answer must be. */
export interface Method {
  readonly deadlineMs: number;
  readonly isSo: (value: unknown) => boolean;
}

type Asking = (...asked: readonly unknown[]) => Promise<Result<unknown>>;

/** The methods of a Durable Object, by name: its silence is a refusal, and so is an answer that is none. */
export const reachable = (
  methods: Readonly<Record<string, Method>>,
  object: unknown,
  ports: ReachPorts,
): Readonly<Record<string, Asking>> =>
  Object.fromEntries(
    Object.entries(methods).map(([method, { deadlineMs, isSo }]) => [
      method,
      async (...asked) => {
        const stub = object as Record<string, (...asked: readonly unknown[]) => Promise<unknown>>;
        const answer = (async () =>
          shaped(isSo as (value: unknown) => value is unknown)(await stub[method]?.(...asked)))();
        const reached = await reach(ports, answer, deadlineMs);
        return reached.ok && isResult(reached.value) ? reached.value : reached;
      },
    ]),
  );

const isResult = (value: unknown): value is Result<unknown> =>
  typeof value === 'object' && value !== null && 'ok' in value && typeof value.ok === 'boolean';

/** What a Lobby answers. That it is overloaded says nothing of who asks: it cannot tell. */
export const ofLobby = <T>(answer: Result<T>): Result<T> =>
  answer.ok ? answer : err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 });

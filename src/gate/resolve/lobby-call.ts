import type { Lobby } from '../../model/ports.ts';
import { reach } from '../../model/reach.ts';
import { err, type Result } from '../../model/refusal.ts';
import type { Trace } from '../../model/trace.ts';
import { shaped } from '../admit/shapes.ts';
import type { DecisionPorts } from '../ports.ts';

/** How long the Lobby is waited for, in milliseconds; and where it may have to ask Stytch. */
const LOOK_DEADLINE_MS = 2_000;
export const LOBBY_EXCHANGE_DEADLINE_MS = 5_000;

/** One call to the Lobby of a client. Its silence says nothing of the caller, and neither does that it is overloaded. */
export const askLobby = async <T>(
  ports: DecisionPorts,
  clientId: string,
  call: (lobby: Lobby) => Promise<T>,
  isSo: (value: unknown) => value is T,
  trace: Trace,
  deadlineMs = LOOK_DEADLINE_MS,
): Promise<Result<T>> => {
  const startedAt = ports.now();
  const answer = await reach(ports, call(ports.lobbies(clientId)).then(shaped(isSo)), deadlineMs);
  trace.ringMs += ports.now() - startedAt;
  return answer.ok ? answer : err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 });
};

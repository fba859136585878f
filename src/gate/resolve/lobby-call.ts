import type { Lobby, LobbyExchanged, LobbyExchangeRequest } from '../../model/ports.ts';
import { reach } from '../../model/reach.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import type { Trace } from '../../model/trace.ts';
import { isLobbyExchangeAnswer, shaped } from '../admit/shapes.ts';
import type { DecisionPorts } from '../ports.ts';

/** How long the Lobby is waited for, in milliseconds; and where it may have to ask Stytch. */
const LOOK_DEADLINE_MS = 2_000;
const EXCHANGE_DEADLINE_MS = 5_000;

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

/** What a Lobby makes of a pair: one `exchange` call. */
export const exchangeAtLobby = async (
  ports: DecisionPorts,
  request: LobbyExchangeRequest,
  trace: Trace,
): Promise<Result<LobbyExchanged>> => {
  const { clientId } = request.credential;
  const call = (lobby: Lobby) => lobby.exchange(request);
  const answer = await trace.span('exchange', () =>
    askLobby(ports, clientId, call, isLobbyExchangeAnswer, trace, EXCHANGE_DEADLINE_MS),
  );
  if (!answer.ok) return answer;
  const { exchanged, stytchMs } = answer.value;
  trace.stytchMs += stytchMs;
  trace.ringMs -= stytchMs;
  if (exchanged.result === 'token' && exchanged.made) trace.exchanges++;
  return ok(exchanged);
};

import { putRecent } from '../model/recent.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import { OPERATOR_SCOPE } from '../model/scope.ts';
import type { Trace } from '../model/trace.ts';
import { type Given, judgeExchange } from './given-token.ts';
import type { DecisionPorts } from './ports.ts';
import { addressOfPresented, type Presented } from './presented.ts';
import { exchangeAtLobby } from './resolve/lobby-call.ts';
import { nameOf, requestFor, THROTTLED_SECONDS } from './resolve/pair.ts';

/** How many pairs are known at once: more than two live secrets of each of the 64 operators that may be listed. */
export const MAX_KNOWN = 200;

/** The pairs of listed operators, as the OAuth endpoints alone take them: at the Gate an operator is nobody. */
export interface OperatorPairs {
  /** An operator's token; null where the pair is no listed client's. */
  readonly give: (
    presented: Presented,
    scopes: readonly string[] | null,
    trace: Trace,
  ) => Promise<Result<Given> | null>;
  /** Which operator it is; null where it is none. */
  readonly authenticate: (presented: Presented, trace: Trace) => Promise<Result<string> | null>;
}

/**
 * Lets operators in by their pairs: what the Lobby's exchange proves, behind the same budgets as every pair that was not
 * made here. Who showed a good one is known, in this isolate, for as long as the token lives that it opened.
 */
export const createOperatorPairs = (ports: DecisionPorts, operators: ReadonlySet<string>): OperatorPairs => {
  /**
   * By the text of the pair; until when, in seconds. Only good pairs are in it, of the few clients that are listed; but an
   * isolate may outlive many secrets of theirs. The one that was proven first goes first.
   */
  const known = new Map<string, number>();
  const isKnown = (text: string): boolean => (known.get(text) ?? 0) * 1000 > ports.now();
  const learn = (text: string, expiresAt: number): void => putRecent(known, text, expiresAt, MAX_KNOWN);

  const give: OperatorPairs['give'] = async (presented, scopes, trace) => {
    const { credential, text } = presented;
    if (credential.kind !== 'pair' || !operators.has(credential.clientId)) return null;
    if (!isKnown(text) && !(await ports.throttle(addressOfPresented(presented))))
      return err({ reason: 'too_many_attempts', retryAfterSeconds: THROTTLED_SECONDS });
    const request = requestFor(presented, credential, await nameOf(ports, credential));
    const given = await judgeExchange(ports, presented, null, scopes, (part) =>
      exchangeAtLobby(ports, { ...request, asOperator: true, scopes: part }, trace),
    );
    if (!given.ok) {
      if (given.refusal.reason === 'credential_invalid') known.delete(text);
      return given;
    }
    trace.keyId = credential.clientId;
    if (scopes !== null) return given;
    if (!given.value.scopes.includes(OPERATOR_SCOPE))
      return err({
        reason: 'client_unauthorized',
        detail: `this client has not the scope ${OPERATOR_SCOPE}`,
      });
    learn(text, given.value.expiresAt);
    return given;
  };

  return {
    give,
    authenticate: async (presented, trace) => {
      const { credential, text } = presented;
      if (credential.kind === 'pair' && isKnown(text)) {
        trace.keyId = credential.clientId;
        return ok(credential.clientId);
      }
      const given = await give(presented, null, trace);
      if (given === null || credential.kind !== 'pair') return null;
      return given.ok ? ok(credential.clientId) : given;
    },
  };
};

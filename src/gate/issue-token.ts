import type { Resolvable } from '../model/credential.ts';
import type { Evidence } from '../model/evidence.ts';
import { parseKey } from '../model/key.ts';
import { CREDENTIAL_KINDS } from '../model/policy.ts';
import type { Exchanged, LobbyExchanged } from '../model/ports.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import type { IssuedToken } from '../model/token.ts';
import type { Trace } from '../model/trace.ts';
import { exchangeAtRing } from './admit/ring-call.ts';
import { type Decide, FREE } from './decide.ts';
import { type Given, judgeExchange } from './given-token.ts';
import type { OperatorPairs } from './operator-pair.ts';
import type { DecisionPorts } from './ports.ts';
import { type Presented, textOf } from './presented.ts';
import { exchangeAtLobby } from './resolve/lobby-call.ts';
import { nameOf, requestFor } from './resolve/pair.ts';

/** How often it is begun anew because the Ring's word changed under it. */
const MAX_ROUNDS = 3;

export interface IssuePorts {
  readonly ports: DecisionPorts;
  readonly decide: Decide;
  readonly operators: OperatorPairs;
  readonly leaseSeconds: number;
}

/** A client's own token, with these scopes or all that it has, once it is let in. */
export type IssueToken = (
  credential: Resolvable,
  wanted: readonly string[] | null,
  trace: Trace,
  from: Request,
) => Promise<Result<IssuedToken>>;

/**
 * Hands out the token that the Ring or the Lobby keeps for a secret. Who asks is let in by the same decision as at the
 * Gate; what is handed out never says more than its client has by then.
 */
export const createIssueToken = ({ ports, decide, operators, leaseSeconds }: IssuePorts): IssueToken => {
  const demand = { ...FREE, credentials: CREDENTIAL_KINDS, maxAuthAgeSeconds: null };
  return async (credential, wanted, trace, from) => {
    const presented: Presented = { credential, text: textOf(credential), from, isNew: true, isUse: true };
    const ofOperator = await operators.give(presented, null, trace);
    if (ofOperator !== null) {
      if (!ofOperator.ok) return ofOperator;
      const { scopes } = ofOperator.value;
      const give = async (part: readonly string[] | null): Promise<Result<Given>> =>
        part === null ? ofOperator : ((await operators.give(presented, part, trace)) ?? NEVER);
      return choose(give, scopes, null, wanted);
    }
    for (let round = 0; round < MAX_ROUNDS; round++) {
      // The word in hand is old when the Ring's token is of another generation: then it is asked, now.
      const price = { ...demand, leaseSeconds: round === 0 ? leaseSeconds : 0 };
      const decided = await decide(credential, price, ports.now(), trace, from);
      if (!decided.ok) return decided;
      const { identity, evidence } = decided.value;
      if (evidence === null) return NEVER;
      const { standing = null } = evidence.held ?? {};
      let isOld = false;
      const give = async (part: readonly string[] | null): Promise<Result<Given>> => {
        const given = await giveTo(ports, presented, evidence, part, trace);
        const generation = given.ok ? given.value.generation : null;
        isOld ||= generation !== null && generation !== standing?.generation;
        return given;
      };
      const issued = await choose(give, identity.scopes, standing?.scopes ?? null, wanted);
      if (!isOld) return issued;
    }
    return err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 });
  };
};

/** What cannot be: nobody is let in without evidence, or is an operator only sometimes. */
const NEVER: Result<never> = err({ reason: 'internal' });

type Give = (part: readonly string[] | null) => Promise<Result<Given>>;

/**
 * The token that has what is wanted and no more: the client's main one, or one for part of the scopes. `has` is what the
 * client may do, `granted` what its Ring still grants of any token; null for all.
 */
const choose = async (
  give: Give,
  has: readonly string[],
  granted: readonly string[] | null,
  wanted: readonly string[] | null,
): Promise<Result<IssuedToken>> => {
  const lacking = (wanted ?? []).filter((scope) => !has.includes(scope));
  if (lacking.length > 0) return err({ reason: 'scope_invalid', scopes: lacking });
  if (wanted !== null && has.some((scope) => !wanted.includes(scope))) return give(wanted);
  const main = await give(null);
  if (!main.ok) return main;
  const may = wanted ?? granted ?? main.value.scopes;
  // The key was narrowed, and Stytch was not told yet: the token says more than its client has.
  const part = main.value.scopes.filter((scope) => may.includes(scope) && (granted ?? may).includes(scope));
  if (part.length === main.value.scopes.length) return main;
  return part.length === 0
    ? err({ reason: 'unavailable', what: 'stytch', retryAfterSeconds: 1 })
    : give(part);
};

/** What the Ring of a key, or the Lobby of a foreign pair, gives: the kept token, or one exchange. */
const giveTo = async (
  ports: DecisionPorts,
  presented: Presented,
  { name, owner, ring }: Evidence,
  part: readonly string[] | null,
  trace: Trace,
): Promise<Result<Given>> => {
  const { credential } = presented;
  const exchange = async (scopes: readonly string[] | null): Promise<Result<Exchanged | LobbyExchanged>> => {
    if (credential.kind === 'pair') {
      const request = requestFor(presented, credential, await nameOf(ports, credential));
      return exchangeAtLobby(ports, { ...request, scopes }, trace);
    }
    const key = credential.kind === 'key' ? parseKey(credential.key.reveal(), ports.realm) : null;
    if (key === null || name.kind !== 'secret') return NEVER;
    const answer = await exchangeAtRing(ports, name, ring, key.clientSecret, trace, scopes);
    return answer.ok ? ok(answer.value.exchanged) : answer;
  };
  return judgeExchange(ports, presented, owner, part, exchange);
};

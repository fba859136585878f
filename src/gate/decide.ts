import type { Credential, Resolvable } from '../model/credential.ts';
import { type Evidence, keyIdOf } from '../model/evidence.ts';
import { ANONYMOUS, type Identity } from '../model/identity.ts';
import { silence } from '../model/lease.ts';
import type { Route } from '../model/policy.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import type { Sender } from '../model/stranger.ts';
import type { SessionToken } from '../model/token.ts';
import type { Trace } from '../model/trace.ts';
import { purseOf } from './admit/ask.ts';
import { mayGoOn } from './admit/grace.ts';
import { type Admit, createAdmit, isFresh } from './admit/index.ts';
import type { Price } from './admit/price.ts';
import { authorize, comesFromElsewhere } from './authorize.ts';
import type { DecisionPorts } from './ports.ts';
import { type Presented, textOf } from './presented.ts';
import { resolve } from './resolve/index.ts';
import { authOf, isCurrent, verify } from './verify.ts';

/** What is asked of a caller: by a route of the Gate, or by an endpoint of the Desk. */
export type Demand = Pick<
  Route,
  'auth' | 'credentials' | 'scopes' | 'cost' | 'leaseSeconds' | 'maxAuthAgeSeconds'
> & {
  /**
   * A session is taken for what Stytch signed, and the Ring is not asked about it: it decides by itself, when it is asked
   * to do something, what a suspended owner may still do.
   */
  readonly sessionsBySignature?: true;
  readonly mayGoOn?: Price['mayGoOn'];
  /** Somebody who was let in before is asked about again. */
  readonly isAgain?: true;
  /** It is asked about by somebody else than its bearer, who does nothing with it now. */
  readonly isInquiry?: true;
};

/** Who is let in, whatever he may do: he spends nothing yet. */
export const FREE = { auth: 'required', scopes: [], cost: 0 } as const;

/** Somebody, and by what he became it. */
export interface Decision {
  readonly identity: Identity;
  /** What is known of the credential; null for everybody without one. */
  readonly evidence: Evidence | null;
  /** The verified session; null for everybody without one. */
  readonly session: SessionToken | null;
}

export type Decide = (
  credential: Credential,
  demand: Demand,
  startedAt: number,
  trace: Trace,
  /** What the credential came with, or came with when it was let in. */
  from: Sender | null,
) => Result<Decision> | Promise<Result<Decision>>;

const NOBODY: Result<Decision> = ok({ identity: ANONYMOUS, evidence: null, session: null });

/** How often a decision starts over because the Ring's word changed under it. */
const MAX_ROUNDS = 3;

/**
 * The one way to become somebody: resolve, verify, authorize, admit. Answers at once, without waiting for anything,
 * when a credential is warm.
 */
export const createDecide = (ports: DecisionPorts): Decide => {
  const admit = createAdmit(ports);
  return (credential, demand, startedAt, trace, from) => {
    switch (credential.kind) {
      case 'none':
        return demand.auth === 'required' ? err({ reason: 'credential_missing' }) : NOBODY;
      case 'unsupported':
        return err({ reason: 'credential_missing' });
      case 'unknown':
        return err({ reason: 'credential_invalid', because: 'grammar', scheme: credential.scheme });
      case 'key':
      case 'jwt':
      case 'pair': {
        const isUse = demand.isInquiry !== true;
        const isNew = isUse && demand.isAgain !== true;
        const presented = { credential, text: textOf(credential), from, isNew, isUse };
        return decideOn(ports, admit, presented, demand, { startedAt, ...demand }, trace);
      }
    }
  };
};

const decideOn = (
  ports: DecisionPorts,
  admit: Admit,
  presented: Presented,
  demand: Demand,
  price: Price,
  trace: Trace,
): Result<Decision> | Promise<Result<Decision>> => {
  const { credential, text } = presented;
  const evidence = ports.memory.recall(text);
  const now = ports.now();
  if (evidence !== undefined && isCurrent(evidence, now) && isFresh(evidence, price, now)) {
    trace.tier = 'memory';
    const judged = judge(evidence, presented, demand, price.startedAt, now);
    recognize(trace, evidence, credential);
    if (!judged.ok) return counted(evidence, presented, judged);
    const admitted = admit(evidence, presented, price, trace);
    if (!(admitted instanceof Promise)) return admitted.ok ? judged : admitted;
    return toItsEnd(admitted.then((late) => (late.ok ? slowly(true) : late)));
  }
  return toItsEnd(slowly(false));

  /** Others may be waiting for the same answers: they are found out even if the client of this request goes away. */
  function toItsEnd(deciding: Promise<Result<Decision>>): Promise<Result<Decision>> {
    ports.inBackground(deciding);
    return deciding;
  }

  /** Everything that may have to wait. Starts over, without paying twice, when a newer word makes the evidence stale. */
  async function slowly(paidAlready: boolean): Promise<Result<Decision>> {
    let paid = paidAlready;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const known = await recallOrResolve(paid ? 0 : price.cost);
      if (!known.ok) return known;
      const found = known.value;
      const before = judge(found, presented, demand, price.startedAt, ports.now());
      recognize(trace, found, credential);
      if (!before.ok && before.refusal.reason === 'insufficient_user_authentication') {
        // No word of the Ring makes a sign-in younger.
        return counted(found, presented, before);
      }
      if (found.session !== null && demand.sessionsBySignature === true) return before;
      const isFinal = isGood(found) && isCurrent(found, ports.now());
      if (isFinal && !before.ok) return counted(found, presented, before);
      if (isFinal && paid) return before;
      // A no that rests on an old word, or on none, is not final: the Ring is asked first, at no cost.
      const isDue = before.ok && !paid;
      const isFirst = isDue && price.cost > 0 && isUnheard(found);
      const cost = isDue && !isFirst ? price.cost : 0;
      const next = isFirst ? price.cost : 0;
      const admitted = await admit(found, presented, { ...price, cost, next }, trace);
      if (!admitted.ok) return admitted;
      paid ||= before.ok && !isFirst;
      if (paid && isCurrent(found, ports.now()))
        return judge(found, presented, demand, price.startedAt, ports.now());
    }
    return err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 });
  }

  /** Whether the word in hand will do: it is young enough, or the Ring is silent and it was when that began. */
  function isGood(found: Evidence): boolean {
    const now = ports.now();
    return isFresh(found, price, now) || mayGoOn(found, price, silence(purseOf(ports, found), now));
  }

  async function recallOrResolve(cost: number): Promise<Result<Evidence>> {
    const remembered = ports.memory.recall(text);
    return remembered !== undefined && isCurrent(remembered, ports.now())
      ? ok(remembered)
      : trace.span('resolve', () => resolve(ports, presented, cost, trace));
  }
};

/** A client's token, of which its Ring may know an allow-list or fewer scopes: until it was asked, nothing is paid. */
const isUnheard = ({ held, session }: Evidence): boolean => held === null && session === null;

/** A good credential that may not do this is shown to its owner as refused. */
const counted = (evidence: Evidence, { isUse }: Presented, refused: Result<Decision>): Result<Decision> => {
  if (isUse) evidence.uses.refused++;
  return refused;
};

/** What the log calls a credential as soon as it is known. A key is called what it is from the start. */
const recognize = (trace: Trace, evidence: Evidence, credential: Resolvable): void => {
  trace.keyId = keyIdOf(evidence.name);
  trace.ring = evidence.ring;
  if (credential.kind !== 'key') trace.credential = authOf(evidence, credential);
};

/** Verify and authorize: pure, on what is known. */
const judge = (
  evidence: Evidence,
  { credential, from }: Presented,
  demand: Demand,
  startedAt: number,
  now: number,
): Result<Decision> => {
  const verified = verify(evidence, credential, now);
  if (!verified.ok) return verified;
  const { session, held } = evidence;
  const isElsewhere = comesFromElsewhere(held?.addresses ?? null, from);
  // The age counts when the request came in: none is refused for how long it waited, after it paid.
  const authorized = authorize(verified.value, session, demand, credential.scheme, startedAt, isElsewhere);
  return authorized.ok ? ok({ identity: verified.value, evidence, session }) : authorized;
};

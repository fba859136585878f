import type { Credential } from '../model/credential.ts';
import type { Evidence } from '../model/evidence.ts';
import { ANONYMOUS, type Identity, identityOf } from '../model/identity.ts';
import type { Route } from '../model/policy.ts';
import type { Seen } from '../model/ports.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import type { SessionToken } from '../model/token.ts';
import { newTrace, type Trace } from '../model/trace.ts';
import { type Admit, createAdmit, isFresh, type Price } from './admit.ts';
import { authorize } from './authorize.ts';
import type { DecisionPorts } from './ports.ts';
import type { PresentedKey } from './presented.ts';
import { resolve } from './resolve.ts';
import { isCurrent, type Presented, verify } from './verify.ts';
import type { StillGood } from './watch.ts';

/** What is asked of a caller: by a route of the Gate, or by an endpoint of the Desk. */
export type Demand = Pick<Route, 'auth' | 'credentials' | 'scopes' | 'cost' | 'leaseSeconds'>;

/** Somebody, and by what he became it. */
export interface Decision {
  readonly identity: Identity;
  /** The key's evidence; null for everybody without a key. */
  readonly evidence: Evidence | null;
  /** The verified session; null for everybody without one. */
  readonly session: SessionToken | null;
}

export type Decide = (
  credential: Credential,
  demand: Demand,
  startedAt: number,
  trace: Trace,
  seen: () => Seen | null,
) => Result<Decision> | Promise<Result<Decision>>;

const NOBODY: Result<Decision> = ok({ identity: ANONYMOUS, evidence: null, session: null });

/** Asks again, at no cost, whether somebody who was let in may stay: everything is judged anew, as for a request. */
export const createStillGood =
  (decide: Decide, now: () => number) =>
  (credential: Credential, demand: Demand): StillGood =>
  async (since) => {
    const askedAt = now();
    const again = { ...demand, cost: 0, leaseSeconds: 0 };
    const decided = await decide(credential, again, since, newTrace(), () => null);
    return decided.ok ? ok(decided.value.evidence?.held.askedAt ?? askedAt) : decided;
  };

/** How often a decision starts over because the Ring's word changed under it. */
const MAX_ROUNDS = 3;

/**
 * The one way to become somebody: resolve, verify, authorize, admit. Answers at once, without waiting for anything,
 * when a key is warm.
 */
export const createDecide = (ports: DecisionPorts): Decide => {
  const admit = createAdmit(ports);
  return (credential, demand, startedAt, trace, seen) => {
    switch (credential.kind) {
      case 'none':
        return demand.auth === 'required' ? err({ reason: 'credential_missing' }) : NOBODY;
      case 'unsupported':
        return err({ reason: 'credential_missing' });
      case 'unknown':
        return err({ reason: 'credential_invalid', because: 'grammar', scheme: credential.scheme });
      case 'jwt':
        return decideJwt(ports, credential, demand);
      case 'key':
        return decideKey(ports, admit, credential, demand, { startedAt, ...demand }, trace, seen);
    }
  };
};

type KeyCredential = Extract<Credential, { readonly kind: 'key' }>;

const decideKey = (
  ports: DecisionPorts,
  admit: Admit,
  credential: KeyCredential,
  demand: Demand,
  price: Price,
  trace: Trace,
  seen: () => Seen | null,
): Result<Decision> | Promise<Result<Decision>> => {
  const presented = { text: credential.key.reveal(), scheme: credential.scheme, seen };
  const evidence = ports.memory.recall(presented.text);
  const now = ports.now();
  if (evidence !== undefined && isCurrent(evidence, now) && isFresh(evidence, price, now)) {
    trace.tier = 'memory';
    trace.keyId = evidence.name.clientId;
    const judged = judge(evidence, credential, demand, now);
    if (!judged.ok) return counted(evidence, judged);
    const admitted = admit(evidence, presented, price, trace);
    if (admitted instanceof Promise) return admitted.then((late) => (late.ok ? slowly(true) : late));
    return admitted.ok ? judged : admitted;
  }
  return slowly(false);

  /** Everything that may have to wait. Starts over, without paying twice, when a newer word makes the evidence stale. */
  async function slowly(paidAlready: boolean): Promise<Result<Decision>> {
    let paid = paidAlready;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const found = await known(presented, trace);
      if (!found.ok) return found;
      trace.keyId = found.value.name.clientId;
      const before = judge(found.value, credential, demand, ports.now());
      const isFinal = isFresh(found.value, price, ports.now()) && isCurrent(found.value, ports.now());
      if (isFinal && !before.ok) return counted(found.value, before);
      if (isFinal && paid) return before;
      // A no that rests on an old word is not final: the Ring is asked first, at no cost.
      const cost = before.ok && !paid ? price.cost : 0;
      const admitted = await admit(found.value, presented, { ...price, cost }, trace);
      if (!admitted.ok) return admitted;
      paid ||= before.ok;
      if (paid && isCurrent(found.value, ports.now()))
        return judge(found.value, credential, demand, ports.now());
    }
    return err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 });
  }

  async function known(key: PresentedKey, spent: Trace): Promise<Result<Evidence>> {
    const remembered = ports.memory.recall(key.text);
    return remembered !== undefined && isCurrent(remembered, ports.now())
      ? ok(remembered)
      : resolve(ports, key, spent);
  }
};

/** A good key that may not do this is shown to its owner as refused. */
const counted = (evidence: Evidence, refused: Result<Decision>): Result<Decision> => {
  evidence.uses.refused++;
  return refused;
};

/** Verify and authorize: pure, on what is known. */
const judge = (evidence: Evidence, presented: Presented, demand: Demand, now: number): Result<Decision> => {
  const verified = verify(evidence, presented, now);
  if (!verified.ok) return verified;
  const authorized = authorize(verified.value, demand, presented.scheme);
  return authorized.ok ? ok({ identity: verified.value, evidence, session: null }) : authorized;
};

/**
 * Session JWTs, judged without the Ring: neither the owner's limit nor a suspension holds them yet. Access tokens of
 * clients are not taken as they are yet.
 */
const decideJwt = async (
  ports: DecisionPorts,
  { jwt, scheme }: Extract<Credential, { readonly kind: 'jwt' }>,
  demand: Demand,
): Promise<Result<Decision>> => {
  const judged = await ports.verifyToken(jwt.reveal(), ports.now());
  if (judged.verdict === 'unknowable')
    return err({ reason: 'unavailable', what: 'jwks', retryAfterSeconds: 1 });
  if (judged.verdict === 'bad') {
    ports.log({ event: 'token', outcome: 'bad', because: judged.because });
    return err({ reason: 'credential_invalid', because: 'token', scheme });
  }
  if (judged.token.kind !== 'session') {
    return err({
      reason: 'credential_kind_not_allowed',
      allowed: demand.credentials.filter((kind) => kind !== 'access_token'),
    });
  }
  const session = judged.token;
  const identity = identityOf('session', session.owner, null, ports.scopesOfRoles(session.roles));
  const authorized = authorize(identity, demand, scheme);
  return authorized.ok ? ok({ identity, evidence: null, session }) : authorized;
};

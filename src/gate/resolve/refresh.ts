import { type Evidence, keyIdOf } from '../../model/evidence.ts';
import { parseKey } from '../../model/key.ts';
import { newTrace, type Trace } from '../../model/trace.ts';
import { exchangeAtRing } from '../admit/ring-call.ts';
import type { DecisionPorts } from '../ports.ts';
import type { Presented } from '../presented.ts';
import { evidenceOf } from './believe.ts';
import { exchangePair } from './pair.ts';

/** A token is replaced in the last five minutes of its life: there is a new one to be had from then on. */
const REFRESH_BEFORE_MS = 300_000;

/** How long an isolate waits before it tries again, in milliseconds. */
const PAUSE_MS = 30_000;

/** Whether a token is so near its end that it is to be replaced in the background. A JWT its bearer replaces himself. */
export const isRefreshDue = (
  { token, refreshedAt }: Evidence,
  { credential }: Presented,
  now: number,
): boolean =>
  token.expiresAt * 1000 - now < REFRESH_BEFORE_MS &&
  now - refreshedAt >= PAUSE_MS &&
  credential.kind !== 'jwt';

/**
 * Replaces a token before it ends, so that no request has to wait for an exchange. What goes wrong costs nothing: the
 * old one serves to its end, and whether the credential still lives is for the Ring's word to say.
 */
export const refresh = async (
  ports: DecisionPorts,
  evidence: Evidence,
  presented: Presented,
): Promise<void> => {
  evidence.refreshedAt = ports.now();
  const trace = newTrace();
  const next = await exchanged(ports, evidence, presented, trace);
  if (trace.exchanges > 0) {
    const { exchanges, stytchMs } = trace;
    const about = { key_id: keyIdOf(evidence.name), ring: evidence.ring };
    ports.log({ event: 'refresh', ...about, exchanges, stytch_ms: stytchMs }, false);
  }
  if (next === null || next.token.ownerId !== evidence.token.ownerId) return;
  if (next.token.expiresAt <= evidence.token.expiresAt) return;
  Object.assign(evidence, { name: next.name, token: next.token, identity: null });
};

const exchanged = async (
  ports: DecisionPorts,
  { name }: Evidence,
  presented: Presented,
  trace: Trace,
): Promise<Pick<Evidence, 'name' | 'token'> | null> => {
  const { credential } = presented;
  if (credential.kind === 'pair') {
    const found = await exchangePair(ports, presented, credential, trace);
    return found.ok ? found.value : null;
  }
  const key = credential.kind === 'key' ? parseKey(credential.key.reveal(), ports.realm) : null;
  if (key === null || name.kind !== 'secret') return null;
  const answer = await exchangeAtRing(ports, name, key.ring, key.clientSecret, trace);
  if (!answer.ok) return null;
  const got = answer.value.exchanged;
  // While Stytch is silent the Ring's word is as good as a token, and is asked for again before it ends.
  if (got.result !== 'token' && got.result !== 'grace') return null;
  const token = await evidenceOf(ports, presented, key, name, got);
  return token.ok ? { name, token: token.value } : null;
};

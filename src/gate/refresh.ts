import type { Evidence } from '../model/evidence.ts';
import { parseKey } from '../model/key.ts';
import { newTrace } from '../model/trace.ts';
import { evidenceOf } from './believe.ts';
import type { DecisionPorts } from './ports.ts';
import type { PresentedKey } from './presented.ts';
import { exchangeAtRing } from './ring-call.ts';

/** A token is replaced in the last five minutes of its life: the Ring gives a new one from then on. */
const REFRESH_BEFORE_MS = 300_000;

/** How long an isolate waits before it tries again, in milliseconds. */
const PAUSE_MS = 30_000;

/** Whether a token is so near its end that it is to be replaced in the background. */
export const isRefreshDue = ({ token, refreshedAt }: Evidence, now: number): boolean =>
  token.expiresAt * 1000 - now < REFRESH_BEFORE_MS && now - refreshedAt >= PAUSE_MS;

/**
 * Replaces a token before it ends, so that no request has to wait for an exchange. What goes wrong costs nothing: the
 * old one serves to its end, and whether the key still lives is for the Ring's word to say.
 */
export const refresh = async (
  ports: DecisionPorts,
  evidence: Evidence,
  presented: PresentedKey,
): Promise<void> => {
  evidence.refreshedAt = ports.now();
  const key = parseKey(presented.text, ports.realm);
  if (key === null) return;
  const answer = await exchangeAtRing(ports, evidence.name, key.ring, key.clientSecret, newTrace());
  if (!answer.ok || answer.value.exchanged.result !== 'token') return;
  const token = await evidenceOf(ports, presented, key, evidence.name, answer.value.exchanged);
  if (!token.ok || token.value.ownerId !== evidence.token.ownerId) return;
  if (token.value.expiresAt <= evidence.token.expiresAt) return;
  evidence.token = token.value;
  evidence.identity = null;
};

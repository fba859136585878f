import { type Grant, OWNER_PURSE, type Report } from '../model/lease-wire.ts';
import type { Admission, AdmitRequest, CredentialName, Standing } from '../model/ports.ts';
import type { RingParts } from './parts.ts';
import type { KeyRow } from './rows.ts';
import { recordUse, settleUse } from './usage.ts';

/** A kept token this near its end is no longer handed out, in milliseconds. */
const TOKEN_MARGIN_MS = 30_000;

/** The Ring's word on a credential, and permits if it is good. What was granted is written before it is answered. */
export const admit = (parts: RingParts, request: AdmitRequest): Admission => {
  const { tables } = parts;
  const now = parts.now();
  const standing = standingOf(parts, request.credential, now);
  if (standing.status !== 'live') {
    // What was lent is accounted for all the same.
    if (request.ask.reports.length > 0 && tables.exists()) settle(parts, request.ask.reports);
    return { standing, grant: null, sealed: null };
  }
  const { clientId } = request.credential;
  const grant = permits(parts, request, standing.ownLimit, now);
  recordUse(parts, clientId, request.uses, request.ask.reports, grant, request.seen);
  tables.putMeter(parts.meter().saved());
  const kept = request.wantToken ? tables.token(request.credential.fingerprint) : null;
  const usable =
    kept !== null && kept.generation === standing.generation && kept.expiresAt * 1000 - now > TOKEN_MARGIN_MS;
  return { standing, grant, sealed: usable ? kept.sealed : null };
};

/** Takes what an isolate says of its leases, and writes it down. */
export const settle = (parts: RingParts, reports: readonly Report[]): void => {
  parts.meter().settle(reports, parts.now());
  settleUse(parts, reports);
  parts.tables.putMeter(parts.meter().saved());
};

/** A key with a limit of its own is given permits for its own purse only: the owner's would not know that limit. */
const permits = (
  parts: RingParts,
  { ask, credential }: AdmitRequest,
  ownLimit: boolean,
  now: number,
): Grant | null => {
  const { tables, rules } = parts;
  if (ask.purse !== (ownLimit ? credential.clientId : OWNER_PURSE)) {
    parts.meter().settle(ask.reports, now);
    return null;
  }
  const { requests, perSeconds, perMonth = null } = rules.plans.get(tables.plan() ?? '') ?? rules.plan;
  const key = tables.key(credential.clientId)?.limit ?? null;
  const leaseMs = rules.leaseSeconds * 1000;
  return parts
    .meter()
    .ask(ask, { owner: { requests, perSeconds }, key, unitsPerMonth: perMonth, leaseMs }, now);
};

/**
 * Whether a credential is good. Of another pepper's fingerprint the Ring can say neither yes nor no; under a
 * pepper by which it knows the key's secrets, a fingerprint that is not among them is wrong.
 */
export const standingOf = (parts: RingParts, credential: CredentialName, now: number): Standing => {
  const leaseMs = parts.rules.leaseSeconds * 1000;
  const { tables } = parts;
  const owner = tables.owner();
  const key = tables.key(credential.clientId);
  if (owner === null || key === null || key.status === 'creating') return { status: 'unknown', leaseMs };
  if (key.status !== 'active') return { status: key.status, leaseMs };
  if (hasExpired(key, now)) return { status: 'expired', leaseMs };
  if (tables.isSuspended()) return { status: 'suspended', leaseMs };
  const known = tables.secrets(key.keyId).filter((secret) => secret.pepper === credential.pepper);
  if (known.length === 0) return { status: 'unproven', leaseMs: 0 };
  if (!known.some((secret) => secret.fingerprint === credential.fingerprint))
    return { status: 'unknown', leaseMs };
  const { scopes, generation, expiresAt } = key;
  return { status: 'live', owner, scopes, generation, expiresAt, ownLimit: key.limit !== null, leaseMs };
};

export const hasExpired = (key: KeyRow, now: number): boolean =>
  key.expiresAt !== null && key.expiresAt <= now;

import { useName } from '../../model/evidence.ts';
import { isSameOwner, type Owner } from '../../model/identity.ts';
import { type Grant, OWNER_PURSE, type Report } from '../../model/lease-wire.ts';
import type { MeterRules } from '../../model/meter.ts';
import type { Admission, AdmitRequest, CredentialName, KeyUse, Standing } from '../../model/ports.ts';
import { found } from '../owner/found.ts';
import type { RingParts } from '../parts.ts';
import { meterRules } from './plan.ts';
import { watchQuota } from './quota.ts';
import { standingOf } from './standing.ts';
import { recordUse, settleUse, tellUse } from './usage.ts';

/** A kept token this near its end is no longer handed out, in milliseconds. */
const TOKEN_MARGIN_MS = 30_000;

/** The Ring's word on credentials, and permits if the one that asks is good. What was granted is written before it is answered. */
export const admit = async (parts: RingParts, request: AdmitRequest): Promise<Admission> => {
  const { tables } = parts;
  const now = parts.now();
  const ring = tables.ring();
  const standing = standingOf(parts, request.credential, now, ring);
  const others = request.others.map((name) => standingOf(parts, name, now, ring));
  const plan = ring?.plan ?? null;
  const grant = standing.status === 'live' ? permits(parts, request, standing.ownLimit, plan, now) : null;
  const isNew = !tables.exists() && standing.status === 'live' && lends(grant);
  if (isNew) found(parts, standing.owner);
  const hasTold = tables.exists() && account(parts, request, standing, grant);
  // A Ring that only lends has to see to it that it goes again, and what was told is to be delivered.
  if (isNew || hasTold) await parts.wake();
  return { standing, others, grant, sealed: keptToken(parts, request, standing, now) };
};

/** Takes what an isolate says of its leases and of what it forgets, and writes it down. */
export const settle = (parts: RingParts, reports: readonly Report[], uses: readonly KeyUse[]): void => {
  parts.meter().settle(reports, parts.now());
  tellUse(parts, uses);
  settleUse(parts, reports);
  parts.meter().save(parts.tables.putMeter);
};

/** Whoever asks about a token or a session says whose it is: a Ring speaks of nobody but its own owner. */
export const ownersIn = ({ credential, others }: AdmitRequest): readonly Owner[] => {
  const owners = [credential, ...others].flatMap((name) => (name.kind === 'secret' ? [] : [name.owner]));
  return owners.filter((owner, i) => owners.findIndex((each) => isSameOwner(each, owner)) === i);
};

const lends = (grant: Grant | null): boolean => grant !== null && (grant.decided > 0 || grant.units > 0);

/**
 * Writes down what was lent and what was told. Of one who is refused it is only what is told that counts. Whether the
 * operator is to be told of it.
 */
const account = (
  parts: RingParts,
  request: AdmitRequest,
  standing: Standing,
  grant: Grant | null,
): boolean => {
  const { tables } = parts;
  const { credential, uses, ask } = request;
  const isLive = standing.status === 'live';
  if (!isLive && uses.length === 0 && ask.reports.length === 0 && !ask.grace) return false;
  if (grant === null)
    parts
      .meter()
      .hear(ask, rulesOf(parts, credential, ask.purse !== OWNER_PURSE, tables.plan()), parts.now());
  recordUse(parts, isLive ? request : { ...request, seen: null }, grant);
  parts.meter().save(tables.putMeter);
  return watchQuota(parts);
};

/** A key with a limit of its own is given permits for its own purse only: the owner's would not know that limit. */
const permits = (
  parts: RingParts,
  { ask, credential }: AdmitRequest,
  ownLimit: boolean,
  plan: string | null,
  now: number,
): Grant | null => {
  if (ask.purse !== (ownLimit ? useName(credential) : OWNER_PURSE)) return null;
  return parts.meter().ask(ask, rulesOf(parts, credential, ownLimit, plan), now);
};

/** The limits that a credential is under now. */
const rulesOf = (
  parts: RingParts,
  credential: CredentialName,
  ownLimit: boolean,
  plan: string | null,
): MeterRules =>
  meterRules(parts, ownLimit ? (parts.tables.key(useName(credential))?.limit ?? null) : null, plan);

/** The token kept for a secret, if it is of the key as it is now. */
const keptToken = (
  { tables }: RingParts,
  { credential, wantToken }: Pick<AdmitRequest, 'wantToken'> & { readonly credential: CredentialName },
  standing: Standing,
  now: number,
): string | null => {
  if (!wantToken || standing.status !== 'live' || credential.kind !== 'secret') return null;
  const kept = tables.token(credential.fingerprint);
  const usable =
    kept !== null && kept.generation === standing.generation && kept.expiresAt * 1000 - now > TOKEN_MARGIN_MS;
  return usable ? kept.sealed : null;
};

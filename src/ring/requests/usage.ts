import { isPair, useName } from '../../model/evidence.ts';
import type { Grant, Report } from '../../model/lease-wire.ts';
import {
  type KeysUsageQuery,
  type KeyUsage,
  totalsOf,
  type UsageBucket,
  type UsageQuery,
} from '../../model/life.ts';
import type { AdmitRequest, KeyUse } from '../../model/ports.ts';
import type { RingParts } from '../parts.ts';
import type { Tables } from '../tables/index.ts';

/** A lease nobody has reported on for this long after its end was lost with its isolate, in milliseconds. */
const LOST_AFTER_MS = 60_000;

/** How often there is a look for lost leases and old use, at the most, while the Ring is asked: milliseconds. */
const SWEEP_APART_MS = 60_000;

export const HOUR_MS = 3_600_000;

/** How long usage is kept, in milliseconds: 90 days. */
const KEPT_MS = 90 * 24 * HOUR_MS;

/** The hour that a moment lies in, counted from 1970. */
export const hourOf = (at: number): number => Math.floor(at / HOUR_MS);

/**
 * Writes down what an ask says of use and what its answer lets happen, in the hour of the ask. Never below the truth:
 * what the Ring decides counts at once, what an isolate did counts when it says so, and the units of a lease
 * that is never accounted for count as used by the key that asked for it.
 */
export const recordUse = (
  parts: RingParts,
  { credential, uses, ask, seen }: Pick<AdmitRequest, 'credential' | 'uses' | 'ask' | 'seen'>,
  grant: Grant | null,
): void => {
  const { tables } = parts;
  const now = parts.now();
  const asking = useName(credential);
  const decided = grant?.decided ?? 0;
  const fingerprint = credential.kind === 'secret' ? credential.fingerprint : null;
  const byPair = isPair(credential) ? { byPair: true as const } : {};
  const asked = {
    keyId: asking,
    fingerprint,
    ...byPair,
    admitted: decided,
    refused: 0,
    limited: 0,
    agoMs: 0,
  };
  tellUse(parts, decided > 0 ? [...uses, asked] : uses);
  settleUse(parts, ask.reports);
  if (grant !== null && grant.units > 0) tables.openLease(grant.leaseId, asking, grant.units, now + grant.ms);
  // Somebody waits with this very key, or used it since: what he does with the lease may never be told.
  if (seen !== null) tables.markUsed(asking, now, seen);
  if (Math.abs(now - parts.sweptAt) >= SWEEP_APART_MS) sweep(parts, now);
};

/** What an isolate did with credentials since it was last heard. */
export const tellUse = (parts: RingParts, uses: readonly KeyUse[]): void => {
  const { tables } = parts;
  const now = parts.now();
  for (const [keyId, ofKey] of Map.groupBy(uses, (use) => use.keyId))
    tables.addUse({ keyId, ...totalsOf(ofKey) }, hourOf(now), sumOf(ofKey.map(presentedIn)));
  const used = uses.filter(({ admitted }) => admitted > 0).map((use) => ({ ...use, at: now - agoOf(use) }));
  for (const { keyId, at } of used) tables.markUsed(keyId, at, null);
  markSecrets(parts, used);
};

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);

/** Requests that a secret was presented for. Of units that nobody accounts for it is not known: they count for none. */
const presentedIn = ({ fingerprint = null, byPair, admitted }: KeyUse): number =>
  fingerprint !== null || byPair === true ? admitted : 0;

/** While a rotation is open its owner is shown which of the two secrets are in use: those that let somebody in. */
const markSecrets = (
  { tables }: RingParts,
  used: readonly { readonly keyId: string; readonly fingerprint?: string | null; readonly at: number }[],
): void => {
  const bySecret = used.filter(({ fingerprint }) => fingerprint);
  const rotating = bySecret.length === 0 ? [] : tables.rotatingAmong(bySecret.map(({ keyId }) => keyId));
  for (const { keyId, fingerprint, at } of bySecret)
    if (fingerprint && rotating.includes(keyId)) tables.markSecretUsed(fingerprint, at);
};

/** An isolate of the version before does not say how long ago it was; what none could mean is now. */
const agoOf = ({ agoMs = 0 }: { readonly agoMs?: number }): number => (agoMs >= 0 ? agoMs : 0);

/** What was reported of a lease is in the counts of its keys; a closed one is done with. */
export const settleUse = ({ tables }: RingParts, reports: readonly Report[]): void => {
  for (const { leaseId, total, closed } of reports) {
    if (closed) tables.closeLease(leaseId);
    else tables.accountLease(leaseId, total);
  }
};

/** Counts what lost leases may have let through, where it counted as out on lease before, and forgets what is too old. */
const sweep = (parts: RingParts, now: number): void => {
  parts.sweptAt = now;
  for (const { leaseId, keyId, units, expiresAt } of parts.tables.lostLeases(now - LOST_AFTER_MS)) {
    parts.tables.addUse({ keyId, admitted: units, refused: 0, limited: 0 }, hourOf(expiresAt));
    parts.tables.closeLease(leaseId);
  }
  parts.tables.addUpUses(hourOf(now));
  parts.tables.forgetUse(hourOf(now - KEPT_MS));
};

/** Use by hour or by UTC day, of one key or of all. What an hour is cut from counts whole. */
export const usage = (parts: RingParts, { keyId, ...query }: UsageQuery): readonly UsageBucket[] => {
  if (keyId !== null) return usageOfKeys(parts, { ...query, keyIds: [keyId] })[0]?.buckets ?? [];
  return counted(parts) ? parts.tables.uses(...hoursOf(query)).map(toBucket) : [];
};

/** The same of each of several keys, in the order in which they are named. Of a key that nobody knows it is none. */
export const usageOfKeys = (parts: RingParts, { keyIds, ...query }: KeysUsageQuery): readonly KeyUsage[] => {
  const used = counted(parts) ? parts.tables.usesOfKeys(keyIds, ...hoursOf(query)) : [];
  const byKey = Map.groupBy(used, ({ keyId }) => keyId);
  return keyIds.map((keyId) => ({ keyId, buckets: (byKey.get(keyId) ?? []).map(toBucket) }));
};

/** Whether there is anything to count; what was lost is counted first. */
export const counted = (parts: RingParts): boolean => {
  const isThere = parts.tables.exists();
  if (!isThere) return false;
  sweep(parts, parts.now());
  parts.tables.keepLent();
  return true;
};

const hoursOf = ({ from, to, by }: Pick<UsageQuery, 'from' | 'to' | 'by'>) =>
  [hourOf(from), hourOf(to + HOUR_MS - 1), by === 'day' ? 24 : 1] as const;

const toBucket = ({ hour, admitted, refused, limited }: ReturnType<Tables['uses']>[number]): UsageBucket => ({
  ...{ at: hour * HOUR_MS, admitted, refused, limited },
});

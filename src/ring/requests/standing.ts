import { isForeignClientId } from '../../model/foreign.ts';
import type { Owner } from '../../model/identity.ts';
import type {
  CredentialName,
  EndedStatus,
  SecretName,
  SessionName,
  Standing,
  TokenName,
} from '../../model/ports.ts';
import type { RingParts } from '../parts.ts';
import type { RingRow } from '../tables/index.ts';
import type { KeyRow, RotationRow } from '../tables/rows.ts';

/** A token made this soon after a rotation may still be of the old secret: clocks differ. Seconds. */
const ROTATION_SKEW_SECONDS = 5;

/** Whether a credential is good: the Ring's word on it, which writes nothing. */
export const standingOf = (
  parts: RingParts,
  name: CredentialName,
  now: number,
  ring: RingRow | null = parts.tables.ring(),
): Standing => {
  const leaseMs = parts.rules.leaseSeconds * 1000;
  const standing = judge(parts, name, now, ring);
  return typeof standing === 'string' ? { status: standing, leaseMs } : standing;
};

const judge = (
  parts: RingParts,
  name: CredentialName,
  now: number,
  ring: RingRow | null,
): Standing | EndedStatus => {
  switch (name.kind) {
    case 'secret':
      return ofSecret(parts, name, now, ring);
    case 'token':
      return ofToken(parts, name, now, ring);
    case 'session':
      return ofSession(parts, name, ring);
  }
};

/**
 * Of another pepper's fingerprint the Ring can say neither yes nor no; under a pepper by which it knows all of the key's
 * living secrets, a fingerprint that is not among them is wrong.
 */
const ofSecret = (
  parts: RingParts,
  name: SecretName,
  now: number,
  ring: RingRow | null,
): Standing | EndedStatus => {
  const { tables } = parts;
  const key = made(parts, name.clientId);
  if (ring === null || key === null) return 'unknown';
  const { owner } = ring;
  const ended = endOf(key, now) ?? suspension(ring);
  if (ended !== null) return ended;
  const secrets = tables.secrets(key.keyId);
  const known = secrets.filter((secret) => secret.pepper === name.pepper);
  const found = known.find((secret) => secret.fingerprint === name.fingerprint);
  const isRotating = secrets.some(({ slot }) => slot === 'next');
  if (found === undefined) {
    const isAll = secrets.every(({ slot }) => known.some((secret) => secret.slot === slot));
    return isAll && known.length > 0 ? 'unknown' : { status: 'unproven', leaseMs: 0 };
  }
  if (!isRotating) return live(parts, owner, key);
  if (found.slot === null && isOver(tables.rotation(key.keyId), now)) return 'revoked';
  return { ...live(parts, owner, key), isRotating };
};

/** Whether the time of the old secret is over, though the alarm that ends it has not run yet. */
const isOver = (rotation: RotationRow | null, now: number): boolean =>
  rotation?.status === 'open' && rotation.finishesAt <= now;

/**
 * A client of our grammar must have a row: one that is unknown is refused, never adopted. Of a foreign one the row
 * decides if there is one; without a row it comes in only where every client of the project may.
 */
const ofToken = (
  parts: RingParts,
  name: TokenName,
  now: number,
  ring: RingRow | null,
): Standing | EndedStatus => {
  const { rules } = parts;
  const key = made(parts, name.clientId);
  const isForeign = isForeignClientId(name.clientId, rules.realm);
  if (isForeign && rules.foreignClients === 'off') return 'unknown';
  if (key === null && !(isForeign && rules.foreignClients === 'any')) return 'unknown';
  const ended =
    (key === null ? null : endOf(key, now)) ??
    (isRotatedOut(parts, key, name, now) ? 'revoked' : null) ??
    revocation(parts, name.tokenHash) ??
    suspension(ring);
  return ended ?? live(parts, ring?.owner ?? name.owner, key);
};

/** A session ends at Stytch, or with its owner. */
const ofSession = (parts: RingParts, { owner }: SessionName, ring: RingRow | null): Standing | EndedStatus =>
  suspension(ring) ?? live(parts, owner, null);

/** A key whose client Stytch has confirmed. */
const made = ({ tables }: RingParts, clientId: string): KeyRow | null => {
  const key = tables.key(clientId);
  return key === null || key.status === 'creating' ? null : key;
};

const endOf = (key: KeyRow, now: number): EndedStatus | null => {
  if (key.status === 'revoked' || key.status === 'expired') return key.status;
  return hasExpired(key, now) ? 'expired' : null;
};

/**
 * After a rotation, the tokens that the old secret opened are no longer good. Until Stytch was told of its end, that
 * secret goes on opening new ones: none is taken.
 */
const isRotatedOut = (
  { tables }: RingParts,
  key: KeyRow | null,
  { issuedAt }: TokenName,
  now: number,
): boolean => {
  if (key === null) return false;
  const rotation = tables.rotation(key.keyId);
  if (rotation?.status === 'finishing' || rotation?.status === 'cancelling' || isOver(rotation, now))
    return true;
  return key.tokensFrom !== null && issuedAt <= key.tokensFrom + ROTATION_SKEW_SECONDS;
};

/**
 * Whether a kept token is refused to whoever presents it, and a new one would not be: made just before, or just after,
 * the end of a rotation. As evidence for the secret itself it is as good as any.
 */
export const isOutlived = ({ tables, now }: RingParts, clientId: string, issuedAt: number): boolean => {
  const tokensFrom = tables.key(clientId)?.tokensFrom ?? null;
  const goodFrom = tokensFrom === null ? null : tokensFrom + ROTATION_SKEW_SECONDS;
  return goodFrom !== null && issuedAt <= goodFrom && Math.floor(now() / 1000) > goodFrom;
};

const revocation = ({ tables }: RingParts, tokenHash: string): EndedStatus | null =>
  tables.isRevokedToken(tokenHash) ? 'revoked' : null;

const suspension = (ring: RingRow | null): EndedStatus | null => (ring?.isSuspended ? 'suspended' : null);

/** What a row says; where there is none, scopes are not for the Ring to say. */
const live = (
  parts: RingParts,
  owner: Owner,
  key: KeyRow | null,
): Extract<Standing, { readonly status: 'live' }> => ({
  status: 'live',
  owner,
  scopes: key?.scopes ?? null,
  generation: key?.generation ?? 0,
  expiresAt: key?.expiresAt ?? null,
  ownLimit: (key?.limit ?? null) !== null,
  ipAllowlist: key?.ipAllowlist ?? null,
  leaseMs: parts.rules.leaseSeconds * 1000,
});

export const hasExpired = (key: KeyRow, now: number): boolean =>
  key.expiresAt !== null && key.expiresAt <= now;

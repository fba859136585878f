import type { Owner } from '../../model/identity.ts';
import type { Grant } from '../../model/lease-wire.ts';
import {
  type AuditHead,
  type AuditPage,
  END_OUTCOMES,
  type EndOutcome,
  type ExportPage,
  type ImportedKey,
  type IssuedKey,
  KEY_STATUSES,
  type KeyPage,
  type KeyRecord,
  type KeyUsage,
  type LimitStanding,
  type OwnerRecord,
  type OwnerStanding,
  type UsageBucket,
} from '../../model/life.ts';
import type {
  Admission,
  ExchangeAnswer,
  LobbyExchangeAnswer,
  LobbyLook,
  ReconciliationReport,
  Standing,
} from '../../model/ports.ts';
import type { Reason, Result } from '../../model/refusal.ts';
import { isNumber, isRecord, isText, isTexts } from '../../model/shape.ts';
import type { TokenDay } from '../../model/token-days.ts';

export { isNumber, isRecord, isText, isTexts } from '../../model/shape.ts';

/**
 * What a Ring or a Lobby answers, as far as it must be so for somebody to be judged by it. An answer of any other shape
 * (another version's, or none at all) is no word on anybody: it counts as silence, never as a no.
 */
export const shaped =
  <T>(isSo: (value: unknown) => value is T) =>
  (value: unknown): T => {
    if (!isSo(value)) throw new TypeError('an answer of no shape that is known');
    return value;
  };

export const isAdmission = (value: unknown): value is Admission =>
  isRecord(value) &&
  isStanding(value.standing) &&
  (value.others === undefined || (Array.isArray(value.others) && value.others.every(isStanding))) &&
  (value.grant === null || isGrant(value.grant)) &&
  isTextOrNull(value.sealed);

export const isExchangeAnswer = (value: unknown): value is ExchangeAnswer =>
  isRecord(value) && isNumber(value.stytchMs) && isOneOf(value.exchanged, EXCHANGED);

export const isLobbyLook = (value: unknown): value is LobbyLook =>
  isRecord(value) && (value.owner === null || isOwner(value.owner)) && isTextOrNull(value.sealed);

export const isLobbyExchangeAnswer = (value: unknown): value is LobbyExchangeAnswer =>
  isRecord(value) && isNumber(value.stytchMs) && isOneOf(value.exchanged, LOBBY_EXCHANGED);

export const isOwner = (value: unknown): value is Owner =>
  isRecord(value) && typeof value.kind === 'string' && typeof value.id === 'string';

export const isOwnerOrNull = (value: unknown): value is Owner | null => value === null || isOwner(value);

export const isKeyRecord = (value: unknown): value is KeyRecord =>
  isRecord(value) &&
  isOwner(value.owner) &&
  KEY_STATUSES.some((status) => status === value.status) &&
  [value.keyId, value.createdBy, value.name, value.description, value.lastFour].every(isText) &&
  isTexts(value.scopes) &&
  isNumber(value.createdAt) &&
  [value.expiresAt, value.endedAt, value.lastUsedAt].every(isNumberOrNull) &&
  isNumber(value.revision) &&
  (value.ipAllowlist === null || isTexts(value.ipAllowlist)) &&
  [value.limit, value.lastSeen, value.rotation].every((each) => each === null || isRecord(each));

export const isKeyRecordOrNull = (value: unknown): value is KeyRecord | null =>
  value === null || isKeyRecord(value);

export const isKeyPage = (value: unknown): value is KeyPage =>
  isRecord(value) &&
  Array.isArray(value.records) &&
  value.records.every(isKeyRecord) &&
  (value.next === null ||
    (isRecord(value.next) &&
      isText(value.next.keyId) &&
      (isNumber(value.next.place) || isText(value.next.place))));

export const isIssuedKey = (value: unknown): value is IssuedKey =>
  isRecord(value) && isKeyRecord(value.record) && (value.key === null || isText(value.key));

export const isImportedKey = (value: unknown): value is ImportedKey =>
  isRecord(value) && isKeyRecord(value.record) && typeof value.made === 'boolean';

export const isEndOutcome = (value: unknown): value is EndOutcome =>
  END_OUTCOMES.some((outcome) => outcome === value);

export const isListOf =
  <T>(isSo: (value: unknown) => value is T) =>
  (value: unknown): value is readonly T[] =>
    Array.isArray(value) && value.every(isSo);

export const isUsageBucket = (value: unknown): value is UsageBucket =>
  isRecord(value) && [value.at, value.admitted, value.refused, value.limited].every(isNumber);

export const isTokenDay = (value: unknown): value is TokenDay =>
  isRecord(value) && [value.day, value.spent, value.presented].every(isNumber);

export const isKeyUsage = (value: unknown): value is KeyUsage =>
  isRecord(value) && isText(value.keyId) && isListOf(isUsageBucket)(value.buckets);

export const isAuditPage = (value: unknown): value is AuditPage =>
  isRecord(value) &&
  Array.isArray(value.entries) &&
  value.entries.every((each) => isRecord(each) && isNumber(each.seq) && isText(each.mac)) &&
  isNumberOrNull(value.next);

export const isAuditHead = (value: unknown): value is AuditHead =>
  isRecord(value) && isNumber(value.seq) && isText(value.mac) && isText(value.ring);

export const isOwnerRecord = (value: unknown): value is OwnerRecord =>
  isRecord(value) &&
  isOwner(value.owner) &&
  isNumber(value.liveKeys) &&
  isTextOrNull(value.plan) &&
  [value.createdAt, value.keysLimit].every(isNumberOrNull) &&
  [value.suspension, value.deletion].every((each) => each === null || isRecord(each));

export const isOwnerStandingOrNull = (value: unknown): value is OwnerStanding | null =>
  value === null ||
  (isRecord(value) &&
    isTextOrNull(value.plan) &&
    isNumberOrNull(value.keysLimit) &&
    isRecord(value.keys) &&
    [value.keys.limit, value.keys.used].every(isNumber) &&
    isListOf(isLimitStanding)(value.limits));

const isLimitStanding = (value: unknown): value is LimitStanding =>
  isRecord(value) &&
  isText(value.name) &&
  [value.requests, value.perSeconds, value.left].every(isNumber) &&
  isNumberOrNull(value.wholeAt);

export const isExportPage = (value: unknown): value is ExportPage =>
  isRecord(value) &&
  Array.isArray(value.lines) &&
  value.lines.every((each) => isRecord(each) && isText(each.type)) &&
  isTextOrNull(value.next);

export const isReconciliationReport = (value: unknown): value is ReconciliationReport =>
  isRecord(value) &&
  [value.id, value.status].every(isText) &&
  isTextOrNull(value.because) &&
  typeof value.dryRun === 'boolean' &&
  isTextOrNull(value.by) &&
  [value.startedAt, value.clients, value.orphansLeft].every(isNumber) &&
  isNumberOrNull(value.finishedAt) &&
  isRecord(value.counts) &&
  Object.values(value.counts).every(isNumber) &&
  Array.isArray(value.findings);

/** What a Ring made of a change, or why it did not. */
export const isResultOf =
  <T>(isSo: (value: unknown) => value is T) =>
  (value: unknown): value is Result<T> =>
    isRecord(value) &&
    (value.ok === true ? isSo(value.value) : value.ok === false && isRefusalOfRing(value.refusal));

type Fields = Readonly<Record<string, unknown>>;
export type Has = (fields: Fields) => boolean;

const isNumberOrNull = (value: unknown): boolean => value === null || isNumber(value);
export const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';

/** Whether it is one of the results of a union, with what that one must have. */
export const isOneOf = (value: unknown, results: Readonly<Partial<Record<string, Has>>>): boolean =>
  isRecord(value) &&
  typeof value.result === 'string' &&
  Object.hasOwn(results, value.result) &&
  results[value.result]?.(value) === true;

export const always: Has = () => true;
const isToken: Has = ({ token, sealed, expiresAt }) =>
  typeof token === 'string' && typeof sealed === 'string' && isNumber(expiresAt);
const isGrace: Has = ({ scopes, until }) => isTexts(scopes) && isNumber(until);
export const isLater: Has = ({ retryAfterSeconds }) => isNumber(retryAfterSeconds);

const PART_REFUSED = { scope_refused: always, crowded: isLater };

const EXCHANGED = {
  ...PART_REFUSED,
  token: (fields) => isToken(fields) && isNumber(fields.generation),
  grace: (fields) => isGrace(fields) && typeof fields.ownerId === 'string' && isNumber(fields.generation),
  ended: ({ status }) => ENDED.has(status),
  refused: always,
  unavailable: isLater,
} satisfies Record<ExchangeAnswer['exchanged']['result'], Has>;

const LOBBY_EXCHANGED = {
  ...PART_REFUSED,
  token: (fields) => isToken(fields) && isOwner(fields.owner),
  grace: (fields) => isGrace(fields) && isOwner(fields.owner),
  unregistered: always,
  refused: always,
  ownerless: always,
  owner_changed: always,
  throttled: isLater,
  unavailable: isLater,
} satisfies Record<LobbyExchangeAnswer['exchanged']['result'], Has>;

const ENDED: ReadonlySet<unknown> = new Set(['unknown', 'revoked', 'expired', 'suspended']);

const isStanding = (value: unknown): value is Standing => {
  if (!isRecord(value) || !isNumber(value.leaseMs)) return false;
  const { status, owner, scopes, generation, expiresAt, ownLimit } = value;
  if (status !== 'live') return status === 'unproven' || ENDED.has(status);
  return (
    isOwner(owner) &&
    (scopes === null || isTexts(scopes)) &&
    isNumber(generation) &&
    (expiresAt === null || isNumber(expiresAt)) &&
    typeof ownLimit === 'boolean' &&
    (value.ipAllowlist === undefined || value.ipAllowlist === null || isTexts(value.ipAllowlist))
  );
};

/** Why a Ring does not do what the Desk asks of it, with what its answer is made of. */
const REFUSALS_OF_RING: Readonly<Partial<Record<Reason, Has>>> = {
  unavailable: (fields) => isText(fields.what) && isLater(fields),
  key_limit_reached: ({ limit }) => isNumber(limit),
  client_refused: ({ detail }) => isText(detail),
  owner_suspended: always,
  owner_deleted: always,
  owner_known: always,
  precondition_failed: always,
  conflict: always,
  already_rotating: always,
  not_rotating: always,
  made_elsewhere: always,
  idempotency_key_reused: always,
  idempotency_key_in_use: always,
  scope_not_grantable: ({ scopes }) => isTexts(scopes),
  not_configured: ({ setting }) => isText(setting),
  client_owned: always,
  client_not_proven: always,
  too_many_attempts: isLater,
  request_invalid: ({ errors }) => Array.isArray(errors),
  reconciliation_running: always,
  not_found: always,
  internal: always,
};

const isRefusalOfRing = (value: unknown): boolean =>
  isRecord(value) && isOneOf({ ...value, result: value.reason }, REFUSALS_OF_RING);

const isGrant = (value: unknown): value is Grant =>
  isRecord(value) &&
  typeof value.leaseId === 'string' &&
  [value.decided, value.units, value.ms, value.active].every(isNumber) &&
  Array.isArray(value.levels) &&
  (value.limited === null || isRecord(value.limited));

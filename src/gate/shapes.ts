import type { Owner } from '../model/identity.ts';
import type { Grant } from '../model/lease-wire.ts';
import type { Admission, ExchangeAnswer, LobbyExchangeAnswer, LobbyLook, Standing } from '../model/ports.ts';

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
  Array.isArray(value.others) &&
  value.others.every(isStanding) &&
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

type Fields = Readonly<Record<string, unknown>>;
type Has = (fields: Fields) => boolean;

const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);
const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string';
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

/** Whether it is one of the results of a union, with what that one must have. */
const isOneOf = (value: unknown, results: Readonly<Partial<Record<string, Has>>>): boolean =>
  isRecord(value) &&
  typeof value.result === 'string' &&
  Object.hasOwn(results, value.result) &&
  results[value.result]?.(value) === true;

const always: Has = () => true;
const isToken: Has = ({ token, sealed, expiresAt }) =>
  typeof token === 'string' && typeof sealed === 'string' && isNumber(expiresAt);
const isGrace: Has = ({ scopes, until }) => isTexts(scopes) && isNumber(until);
const isLater: Has = ({ retryAfterSeconds }) => isNumber(retryAfterSeconds);

const EXCHANGED = {
  token: (fields) => isToken(fields) && isNumber(fields.generation),
  grace: (fields) => isGrace(fields) && typeof fields.ownerId === 'string' && isNumber(fields.generation),
  ended: ({ status }) => ENDED.has(status),
  refused: always,
  unavailable: isLater,
} satisfies Record<ExchangeAnswer['exchanged']['result'], Has>;

const LOBBY_EXCHANGED = {
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
    typeof ownLimit === 'boolean'
  );
};

const isGrant = (value: unknown): value is Grant =>
  isRecord(value) &&
  typeof value.leaseId === 'string' &&
  [value.decided, value.units, value.ms, value.active].every(isNumber) &&
  Array.isArray(value.levels) &&
  (value.limited === null || isRecord(value.limited));

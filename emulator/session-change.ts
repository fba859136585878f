import { nowMs } from './clock.ts';
import type { Call } from './endpoint.ts';
import { isObject, type JsonObject, jsonBytes } from './json.ts';
import { type Refusal, refuse } from './result.ts';
import type { Session } from './sessions.ts';
import { withoutNulls } from './sign.ts';

const MINIMUM_MINUTES = 5;
const MAXIMUM_MINUTES = 527_040;
const MAXIMUM_CLAIM_BYTES = 4096;
const RESERVED = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'];

/** Reads `session_duration_minutes`; undefined when it was not given. */
export const readMinutes = ({ body }: Call): number | undefined | Refusal => {
  const { session_duration_minutes: minutes } = body;
  if (minutes === undefined || minutes === null) return undefined;
  const valid =
    typeof minutes === 'number' &&
    Number.isInteger(minutes) &&
    minutes >= MINIMUM_MINUTES &&
    minutes <= MAXIMUM_MINUTES;
  return valid ? minutes : refuse('invalid_session_duration');
};

/** What an authentication does to a session: touches it, extends it, changes its custom claims. */
export const touch = (call: Call, session: Session, minutes: number | undefined): Session | Refusal => {
  const customClaims = mergeClaims(session.customClaims, call.body.session_custom_claims);
  if (customClaims === null) return refuse('bad_request', 'The custom claims are larger than 4 KB.');
  const accessedMs = nowMs(call.project);
  const expiresMs = minutes === undefined ? session.expiresMs : accessedMs + minutes * 60_000;
  return { ...session, customClaims, accessedMs, expiresMs };
};

const mergeClaims = (stored: JsonObject, change: unknown): JsonObject | null => {
  if (!isObject(change)) return stored;
  const allowed = Object.fromEntries(Object.entries(change).filter(([name]) => !RESERVED.includes(name)));
  const merged = withoutNulls({ ...stored, ...allowed });
  return jsonBytes(merged) > MAXIMUM_CLAIM_BYTES ? null : merged;
};

import { entropyBits } from './entropy.ts';
import { isStrings, type Json } from './json.ts';
import { type Refusal, refuse } from './result.ts';
import type { Switches } from './switches.ts';

const MAXIMUM_TEXT = 1024;
const MAXIMUM_ID = 255;
const MINIMUM_SECRET = 8;

/** RFC 6749 §3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Checks a client_id that the caller chose; foreign ones may be imported unchanged. */
export const checkClientId = (value: Json, switches: Switches): string | Refusal => {
  const shape = switches.clientIdRule === 'any' ? /^[^\p{Cc}]+$/u : /^[A-Za-z0-9._~-]+$/;
  const valid = typeof value === 'string' && value.length <= MAXIMUM_ID && shape.test(value);
  return valid ? value : refuse('m2m_client_invalid_client_id');
};

/** Checks a secret that the caller chose: its length, then its entropy. */
export const checkSecret = (value: Json, switches: Switches): string | Refusal => {
  if (typeof value !== 'string') return refuse('m2m_client_invalid_client_secret');
  const { maximumSecretLength, secretEntropyBits } = switches;
  if (maximumSecretLength > 0 && value.length > maximumSecretLength) return refuse('client_secret_too_long');
  const weak = value.length < MINIMUM_SECRET || entropyBits(value) < secretEntropyBits;
  return weak ? refuse('insecure_m2m_client_secret') : value;
};

/** Checks the scopes of a client; their order is kept. */
export const checkScopes = (value: Json | undefined, switches: Switches): readonly string[] | Refusal => {
  if (value === undefined && switches.missingScopes === 'accepted') return [];
  if (!isStrings(value)) return refuse('invalid_m2m_client_scope', 'The scopes must be an array of strings.');
  if (value.length === 0 && switches.emptyScopes === 'refused') {
    return refuse('invalid_m2m_client_scope', 'At least one scope is needed.');
  }
  if (switches.maximumScopes > 0 && value.length > switches.maximumScopes) {
    return refuse('too_many_m2m_client_scopes');
  }
  return value.every((scope) => SCOPE.test(scope)) ? value : refuse('invalid_m2m_client_scope');
};

/** Checks a name or a description; null when it was not given. */
export const checkText = (
  value: Json | undefined,
  errorType: 'm2m_client_invalid_client_name' | 'm2m_client_invalid_client_description',
): string | null | Refusal => {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' && value.length <= MAXIMUM_TEXT ? value : refuse(errorType);
};

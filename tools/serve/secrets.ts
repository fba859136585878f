import { freshAssertionKey, freshMasterKey } from '../../cli/fresh-keys.ts';

/** The secrets that Latchkey makes for itself, fresh ones, as the text of its bindings; Stytch's are not among them. */
export const freshSecrets = (
  id = 'test-1',
): Readonly<Record<'LATCHKEY_MASTER_KEYS' | 'ASSERTION_JWKS', string>> => ({
  LATCHKEY_MASTER_KEYS: JSON.stringify([freshMasterKey(id)]),
  ASSERTION_JWKS: JSON.stringify({ keys: [freshAssertionKey(id)] }),
});

/** RFC 6749 §3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ). */
const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** Longer or more than this is no scope list that we made: it grants nothing. */
const MAX_SCOPE_LENGTH = 4096;
const MAX_SCOPES = 100;

/** Whether a text is one scope-token (RFC 6749 §3.3). */
export const isScopeToken = (text: string): boolean => SCOPE_TOKEN.test(text);

/**
 * The scope-tokens of a `scope` claim, in its order. A claim that is not such a list, is too long or has a
 * doubled space grants nothing: scopes are compared whole, never by prefix or part.
 */
export const parseScope = (scope: string): readonly string[] => {
  if (scope.length > MAX_SCOPE_LENGTH) return [];
  const tokens = scope.split(' ');
  return tokens.length <= MAX_SCOPES && tokens.every(isScopeToken) ? tokens : [];
};

/** Scopes that only Latchkey itself may give a meaning to: nobody can be granted one. */
export const isReservedScope = (scope: string): boolean => scope.startsWith('latchkey:');

/** What an operator's token must have (DESIGN: "The Ring"). Honoured only of clients that the operator's file lists. */
export const OPERATOR_SCOPE = 'latchkey:admin';

import { isRecord, isText } from '../model/shape.ts';

/** The `error` of the OAuth envelope (RFC 6749 §5.2), which Stytch's token endpoint answers. */
export const readOAuthError = (body: unknown): string | null => textAt(body, 'error');

/** The `error_type` of the envelope of all other endpoints. */
export const readStytchError = (body: unknown): string | null => textAt(body, 'error_type');

const textAt = (body: unknown, name: string): string | null => {
  const value = isRecord(body) ? body[name] : null;
  return isText(value) ? value : null;
};

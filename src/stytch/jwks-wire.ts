import type { SigningJwk } from '../model/ports.ts';
import { isRecord, isShortText, isText } from '../model/shape.ts';

const MAX_KEYS = 20;

/** The RSA signing keys of a JWKS (RFC 7517 §5); members that are no such key are passed over. */
export const readJwks = (body: unknown): readonly SigningJwk[] | null => {
  const said = isRecord(body) ? body.keys : null;
  if (!Array.isArray(said) || said.length > MAX_KEYS) return null;
  const keys = said.flatMap((key: unknown) => readJwk(key) ?? []);
  return keys.length > 0 ? keys : null;
};

const readJwk = (key: unknown): SigningJwk | null => {
  if (!isRecord(key)) return null;
  const { kty, use, alg, kid, n, e } = key;
  // RFC 7517 §4.2, §4.4: a key for encryption, or for another algorithm, signs none of our tokens.
  const signs = (use === undefined || use === 'sig') && (alg === undefined || alg === 'RS256');
  if (kty !== 'RSA' || !signs) return null;
  if (!isShortText(kid, 128) || !isText(n) || n.length > 2048 || !isText(e) || e.length > 16) return null;
  return { kty: 'RSA', kid, n, e };
};

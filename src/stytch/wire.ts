import * as z from 'zod';
import type { SigningJwk } from '../model/ports.ts';

const oauthError = z.object({ error: z.string() });
const stytchError = z.object({ error_type: z.string() });
const tokenAnswer = z.object({ access_token: z.string().min(1), token_type: z.string().regex(/^bearer$/i) });
const clientAnswer = z.object({ m2m_client: z.object({ client_id: z.string() }) });
const deleteAnswer = z.object({ client_id: z.string() });
const jwk = z
  .object({
    kty: z.literal('RSA'),
    kid: z.string().min(1).max(128),
    // RFC 7517 §4.2, §4.4: a key for encryption, or for another algorithm, signs none of our tokens.
    use: z.literal('sig').optional(),
    alg: z.literal('RS256').optional(),
    n: z.string().max(2048),
    e: z.string().max(16),
  })
  .transform(({ kty, kid, n, e }) => ({ kty, kid, n, e }));
const jwksAnswer = z.object({ keys: z.array(z.unknown()).max(20) });

const reader =
  <S extends z.ZodType>(schema: S) =>
  (body: unknown): z.infer<S> | null => {
    const parsed = schema.safeParse(body);
    return parsed.success ? parsed.data : null;
  };

const readError = reader(oauthError);
const readErrorType = reader(stytchError);

/** The `error` of the OAuth envelope (RFC 6749 §5.2), which Stytch's token endpoint answers. */
export const readOAuthError = (body: unknown): string | null => readError(body)?.error ?? null;

/** The `error_type` of the envelope of all other endpoints. */
export const readStytchError = (body: unknown): string | null => readErrorType(body)?.error_type ?? null;

/** The access token of a token answer (RFC 6749 §5.1). */
export const readTokenAnswer = reader(tokenAnswer);

export const readClientAnswer = reader(clientAnswer);

export const readDeleteAnswer = reader(deleteAnswer);

const readJwksAnswer = reader(jwksAnswer);
const readJwk = reader(jwk);

/** The RSA signing keys of a JWKS (RFC 7517 §5); members that are no such key are passed over. */
export const readJwks = (body: unknown): readonly SigningJwk[] | null => {
  const answer = readJwksAnswer(body);
  if (answer === null) return null;
  const keys = answer.keys.flatMap((key) => readJwk(key) ?? []);
  return keys.length > 0 ? keys : null;
};

import type * as z from 'zod';
import { err, ok, type Result } from '../../model/refusal.ts';
import { fieldErrors, MAX_BODY_BYTES, readText } from '../body.ts';

const TYPE = 'application/x-www-form-urlencoded';

/** Where a client's secret or a token must not be, whatever else is asked for (RFC 6749 §2.3.1, RFC 7009 §2.1). */
const NEVER_IN_URLS = ['client_id', 'client_secret', 'token', 'device_code', 'grant_type', 'scope'];

/**
 * Reads a form strictly (RFC 6749 §3.2, Appendix B): the right type, bounded, UTF-8, no parameter twice. One without a
 * value is as if it were not there, and one that nobody knows is ignored.
 */
export const readForm = async <S extends z.ZodType>(
  request: Request,
  schema: S,
): Promise<Result<z.output<S>>> => {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== TYPE) return invalid(`the body must be ${TYPE}`);
  const query = new URL(request.url).searchParams;
  const inUrl = NEVER_IN_URLS.find((name) => query.has(name));
  if (inUrl !== undefined) return invalid(`${inUrl} belongs into the body, never into the URL`);
  const text = await readText(request.body, MAX_BODY_BYTES);
  if (text === null) return err({ reason: 'body_too_large', maxBytes: MAX_BODY_BYTES });
  const parameters = text === undefined ? null : parseForm(text);
  if (parameters === null) return invalid('the body is no form in UTF-8');
  if ('twice' in parameters) return invalid(`${parameters.twice} is there twice`);
  const parsed = schema.safeParse(Object.fromEntries(parameters.once));
  if (parsed.success) return ok(parsed.data);
  const [first] = fieldErrors(parsed.error);
  return invalid(first === undefined ? 'the form is not valid' : `${first.pointer.slice(1)} ${first.detail}`);
};

/** A request that is not as RFC 6749 §5.2 wants it. */
export const invalid = (detail: string): Result<never> => err({ reason: 'oauth_request_invalid', detail });

type Parameters = { readonly once: ReadonlyMap<string, string> } | { readonly twice: string };

/** Null for what is no form. Names of one that is there twice are told only where they look like names. */
const parseForm = (text: string): Parameters | null => {
  const once = new Map<string, string>();
  const seen = new Set<string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decoded(at < 0 ? pair : pair.slice(0, at));
    const value = decoded(at < 0 ? '' : pair.slice(at + 1));
    if (name === null || value === null) return null;
    if (seen.has(name)) return { twice: /^[a-z_]{1,40}$/.test(name) ? name : 'a parameter' };
    seen.add(name);
    if (value !== '') once.set(name, value);
  }
  return { once };
};

const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
};

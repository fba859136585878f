import { formDecode } from '../model/form-decode.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import { MAX_BODY_BYTES, readText } from './read.ts';

const TYPE = 'application/x-www-form-urlencoded';

/**
 * Reads a form strictly (RFC 6749 §3.2, Appendix B): the right type, bounded, UTF-8, no parameter twice. One without a
 * value is as if it were not there.
 */
export const readParameters = async (request: Request): Promise<Result<ReadonlyMap<string, string>>> => {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== TYPE) return invalid(`the body must be ${TYPE}`);
  const text = await readText(request.body, MAX_BODY_BYTES);
  if (text === null) return err({ reason: 'body_too_large', maxBytes: MAX_BODY_BYTES });
  const parameters = text === undefined ? null : parseForm(text);
  if (parameters === null) return invalid('the body is no form in UTF-8');
  return 'twice' in parameters ? invalid(`${parameters.twice} is there twice`) : ok(parameters.once);
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
    const name = formDecode(at < 0 ? pair : pair.slice(0, at));
    const value = formDecode(at < 0 ? '' : pair.slice(at + 1));
    if (name === null || value === null) return null;
    if (seen.has(name)) return { twice: /^[a-z_]{1,40}$/.test(name) ? name : 'a parameter' };
    seen.add(name);
    if (value !== '') once.set(name, value);
  }
  return { once };
};

import { ok, type Result } from '../model/refusal.ts';
import { invalid } from './body.ts';

/** A strong entity-tag (RFC 9110 §8.8.3) of a revision. */
export const entityTag = (revision: number): string => `"${revision}"`;

/** The revision that If-Match asks for (RFC 9110 §13.1.1); null where any will do. A tag that is not ours matches none. */
export const revisionAsked = (headers: Headers): Result<number | null> => {
  const text = headers.get('if-match')?.trim() ?? '*';
  if (text === '*') return ok(null);
  if (!/^(?:W\/)?"[\x21\x23-\x7E]*"$/.test(text))
    return invalid([{ pointer: '/If-Match', detail: 'must be one entity-tag' }]);
  const revision = /^"([1-9]\d{0,14})"$/.exec(text)?.[1];
  return ok(revision === undefined ? 0 : Number(revision));
};

import { isRecord } from '../../src/config/variables.ts';
import { err, ok, type Result } from '../../src/model/refusal.ts';

/** What must become of a claims template. */
export interface Merged {
  readonly text: string;
  /** Whether it was right already. */
  readonly isRight: boolean;
}

/** Strings with their escapes, and tags: the tokens that matter here. */
const TOKENS = /"(?:[^"\\]|\\.)*"|\{\{\s*([^{}]*?)\s*\}\}/g;

/** What a tag is marked with while the rest is read as JSON: no text of a template has it. */
const MARK = '\u0000';

/** The template of a project that has no other claims. */
export const templateFor = (claim: string): string => `{ "${claim}": ${tagFor(claim)} }`;

/**
 * Puts the owner's claim into a template of M2M tokens, beside what the operator has there. The claim is copied from
 * trusted_metadata, which we alone write: `request.*` is what the API client says.
 */
export const mergeTemplate = (before: string, claim: string): Result<Merged, string> => {
  if (!/^[A-Za-z0-9_-]+$/.test(claim))
    return err(`stytch.ownerClaim: no template can have a claim "${claim}"`);
  if (before.trim() === '') return ok({ text: templateFor(claim), isRight: false });
  const claims = parse(before);
  if (claims === null)
    return err('the claims template at Stytch is none that setup can read: put the claim in yourself');
  const wanted = `${MARK}${tagFor(claim)}`;
  if (claims[claim] === wanted) return ok({ text: before, isRight: true });
  if (Object.keys(claims).length === 0) return ok({ text: templateFor(claim), isRight: false });
  return ok({ text: render({ ...claims, [claim]: wanted }), isRight: false });
};

const tagFor = (claim: string): string => `{{ client.trusted_metadata.${claim} }}`;

const parse = (text: string): Readonly<Record<string, unknown>> | null => {
  const marked = text.replaceAll(TOKENS, (token, path: string | undefined) =>
    path === undefined ? token : JSON.stringify(`${MARK}{{ ${path} }}`),
  );
  try {
    const value: unknown = JSON.parse(marked);
    return isRecord(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

const render = (claims: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(claims, null, 2).replaceAll(/"\\u0000(\{\{[^{}"]*\}\})"/g, '$1');

import type * as z from '../model/zod.ts';

/** Something wrong with one setting. */
export interface Problem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const WORD = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** A setting's path as one writes it: `routes[2].scopes[0]`, `scopes["items:read"].title`; empty for the whole. */
export const label = (path: Problem['path']): string =>
  path
    .map((part, i) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!WORD.test(part)) return `[${JSON.stringify(part)}]`;
      return i === 0 ? part : `.${part}`;
    })
    .join('');

/** What a schema found, in our words. No value is repeated: a secret may have been put in the wrong place. */
export const problemsOf = (issues: readonly z.core.$ZodIssue[]): readonly Problem[] =>
  issues.flatMap((issue) => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key], message: 'is no setting' }));
    }
    if (issue.code === 'invalid_key') {
      return issue.issues.map(({ message }) => ({ path, message }));
    }
    return [{ path, message: issue.message }];
  });

/** For a schema's `error`: what zod would say of a setting that is not there. */
export const whatIsMissing = (issue: z.core.$ZodRawIssue): string | undefined =>
  issue.input === undefined ? 'is missing' : undefined;

import { committedFiles, read } from './project.ts';
import { type Outcome, outcomeOf } from './step.ts';

/** What no committed file may hold. */
const FORBIDDEN: Readonly<Record<string, RegExp>> = {
  'a path of one machine': /(?<![\w.~*@:-])(?:\/(?:work|root)\/(?=[\w.])|\/(?:home|Users)\/[a-z][\w-]*\/)/,
  'a private key in PEM': /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/]{16}/,
  'a private key in JWK': /["']?\b(?:d|dp|dq|qi)["']?\s*:\s*["'][A-Za-z0-9_-]{40,}["']/,
  // The emulator's own secret says in base64 that it is `not-a-secret`.
  'a secret of Stytch': /\bsecret-(?:live-[\w-]{8}|test-(?!bm90LWEtc2VjcmV0)[\w-]{30})/,
  'a token of a cloud': /\b(?:AKIA[0-9A-Z]{16}|ghp_\w{36}|github_pat_\w{22}|npm_\w{36}|xox[abp]-\w{10})/,
};

/** Hashes alone; nobody writes in it by hand. */
const SKIPPED = new Set(['package-lock.json']);

/** Looks for key material and for traces of one machine in every committed file. */
export const checkCommitted = (): Outcome => {
  const paths = committedFiles().filter((path) => !SKIPPED.has(path));
  return outcomeOf(
    paths.flatMap((path) => traces(path, read(path))),
    `${paths.length} files`,
  );
};

/** What the text holds that it must not, one line each; the find itself is not repeated. */
export const traces = (path: string, text: string): readonly string[] =>
  text.includes('\0')
    ? []
    : Object.entries(FORBIDDEN).flatMap(([what, pattern]) => {
        const found = pattern.exec(text);
        return found === null
          ? []
          : [`${path}:${text.slice(0, found.index).split('\n').length} holds ${what}`];
      });

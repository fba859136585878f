import { type Environment, parseKey } from '../../src/model/key.ts';

/** What is in a text and must not be: its name, and where it begins. */
export interface Find {
  readonly what: string;
  readonly index: number;
}

/** What lets whoever reads it in somewhere. */
const SECRETS: Readonly<Record<string, RegExp>> = {
  'a private key in PEM': /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/]{16}/g,
  'a private key in JWK': /["']?\b(?:d|dp|dq|qi)["']?\s*:\s*["'][A-Za-z0-9_-]{40,}["']/g,
  'a master key': /["']key["']\s*:\s*["'][A-Za-z0-9_-]{43}["']/g,
  'a secret of Stytch': /\bsecret-(?:live-[\w-]{8}|test-[\w-]{30})/g,
  'a secret of webhooks': /\bwhsec_[A-Za-z0-9+/]{32,}/g,
  'a token of a cloud': /\b(?:AKIA[0-9A-Z]{16}|ghp_\w{36}|github_pat_\w{22}|npm_\w{36}|xox[abp]-\w{10})/g,
};

/** What has the form and is known to everybody. */
const PUBLIC = [
  'bm90LWEtc2VjcmV0', // The emulator's own say in base64 that they are `not-a-secret`.
  'secret-live-planted-', // What tests plant to see that nothing shows it. Stytch's go on at random.
  'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', // The example of Standard Webhooks.
  'ExampleExampleExample', // The key of docs/leaked-keys.md: right by its checksum, and made by nobody.
];

/** All that is found, in no order. The find itself is never repeated: a log may be read by more people than the file. */
export const secretsIn = (text: string): readonly Find[] => [
  ...Object.entries(SECRETS).flatMap(([what, pattern]) =>
    [...text.matchAll(pattern)].filter(isPrivate).map(({ index }) => ({ what, index })),
  ),
  ...keysIn(text),
];

const isPrivate = ([found]: RegExpExecArray): boolean => !PUBLIC.some((known) => found.includes(known));

/** The published pattern of our keys (DESIGN.md section 4), whatever the brand. */
const KEY =
  /(?<![0-9A-Za-z])([a-z][a-z0-9]{1,11})_(live|test)_[0-9A-Za-z]{28}_[0-9A-Za-z]{28,189}(?![0-9A-Za-z])/g;

/** A text of that form is a key only if its checksum is right. */
const keysIn = (text: string): readonly Find[] =>
  [...text.matchAll(KEY)]
    .filter(isPrivate)
    .filter(([key, brand = '', environment]) => {
      const realm = { brands: [brand], environment: environment as Environment };
      return parseKey(key, realm) !== null;
    })
    .map(({ index }) => ({ what: 'an API key of Latchkey', index }));

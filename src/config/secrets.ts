import { fromBase64url } from '../model/bytes.ts';
import type { Environment } from '../model/key.ts';
import type { MasterKeySecret } from '../model/keychain.ts';
import { type Secret, secret } from '../model/secret.ts';
import { isWebhookSecret } from '../model/webhook-secret.ts';
import * as z from '../model/zod.ts';
import { label, whatIsMissing } from './problem.ts';

/** What the Worker must not tell. Kept apart from `Config` so that that can be logged. */
export interface Secrets {
  readonly stytchSecret: Secret;
  /** Newest first; at least one. */
  readonly masterKeys: readonly MasterKeySecret[];
  /** Private keys, one or two; the first signs. */
  readonly assertionJwks: { readonly keys: readonly AssertionPrivateJwk[] };
  /** What Stytch signs its webhooks with, several apart by spaces; null where it sends none. */
  readonly stytchWebhookSecret: Secret | null;
  /** What we sign events with, several apart by spaces; null where nobody is told. */
  readonly eventsSecret: Secret | null;
  /** What a proxy proves itself with that asks for decisions, two apart by a space; null where none does. */
  readonly decisionSecret: Secret | null;
}

/** RFC 7517, RFC 7518 §6.2: an EC P-256 private key. */
export interface AssertionPrivateJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly alg: 'ES256';
  readonly kid: string;
  readonly x: string;
  readonly y: string;
  readonly d: string;
}

/** The names of the secrets: what no file of settings may hold. */
export const SECRET_NAMES = [
  ...(['STYTCH_SECRET', 'LATCHKEY_MASTER_KEYS', 'ASSERTION_JWKS'] as const),
  ...(['STYTCH_WEBHOOK_SECRET', 'EVENTS_SECRET', 'DECISION_SECRET'] as const),
] as const;

/** The secrets, or what is wrong with them: by name and member, never by value. */
export type SecretsResult =
  | { readonly ok: true; readonly secrets: Secrets }
  | { readonly ok: false; readonly problems: readonly string[] };

const MASTER_KEY_BYTES = 32;
const COORDINATE_BYTES = 32;

const masterKey = z.strictObject({
  id: z.string().check(z.regex(/^[a-z0-9-]{1,32}$/, 'must be 1 to 32 lower-case letters, digits and dashes')),
  key: z.pipe(
    z.string(),
    z.transform((text, { issues }) => {
      const bytes = fromBase64url(text);
      if (bytes !== null && bytes.length >= MASTER_KEY_BYTES) return bytes;
      const message = `must be base64url, without padding, of at least ${MASTER_KEY_BYTES} bytes`;
      issues.push({ code: 'custom', message, input: text });
      return z.NEVER;
    }),
  ),
});

const MASTER_KEYS = z.array(masterKey).check(
  z.minLength(1, 'must hold a key'),
  z.maxLength(8, 'must hold at most 8 keys'),
  z.refine((keys) => isUnique(keys.map(({ id }) => id)), { error: 'names two keys alike' }),
  z.refine((keys) => isUnique(keys.map(({ key }) => key.join())), { error: 'holds one key twice' }),
);

const coordinate = z.string().check(
  z.refine((text) => fromBase64url(text)?.length === COORDINATE_BYTES, {
    error: 'must be base64url of 32 bytes',
  }),
);

/** Members that say less (`use`, `key_ops`) are left out, so that what is published is ours alone. */
const assertionJwk = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  alg: z.literal('ES256'),
  kid: z
    .string()
    .check(
      z.regex(/^[A-Za-z0-9._-]{1,128}$/, 'must be 1 to 128 letters, digits, dots, dashes and underscores'),
    ),
  x: coordinate,
  y: coordinate,
  d: coordinate,
});

const ASSERTION_JWKS = z.object({
  keys: z.array(assertionJwk).check(
    z.minLength(1, 'must hold a key'),
    z.maxLength(2, 'must hold at most two keys'),
    z.refine((keys) => isUnique(keys.map(({ kid }) => kid)), { error: 'names two keys alike' }),
  ),
});

const isUnique = (texts: readonly string[]): boolean => new Set(texts).size === texts.length;

/** Reads the secrets out of the Worker's environment. */
export const readSecrets = (
  vars: Readonly<Record<string, unknown>>,
  environment: Environment | null,
): SecretsResult => {
  const problems: string[] = [];
  const stytchSecret = readStytchSecret(vars.STYTCH_SECRET, environment, problems);
  const masterKeys = readJson('LATCHKEY_MASTER_KEYS', vars, MASTER_KEYS, problems);
  const assertionJwks = readJson('ASSERTION_JWKS', vars, ASSERTION_JWKS, problems);
  const stytchWebhookSecret = readWebhookSecret('STYTCH_WEBHOOK_SECRET', vars, problems);
  const eventsSecret = readWebhookSecret('EVENTS_SECRET', vars, problems);
  const decisionSecret = readDecisionSecret(vars, problems);
  return stytchSecret === null || masterKeys === null || assertionJwks === null || problems.length > 0
    ? { ok: false, problems }
    : {
        ok: true,
        secrets: {
          ...{ stytchSecret, masterKeys, assertionJwks, stytchWebhookSecret, eventsSecret },
          decisionSecret,
        },
      };
};

/** The master keys alone, newest first: for a command that needs no other secret. */
export const readMasterKeys = (
  vars: Readonly<Record<string, unknown>>,
):
  | { readonly ok: true; readonly masterKeys: readonly MasterKeySecret[] }
  | { readonly ok: false; readonly problems: readonly string[] } => {
  const problems: string[] = [];
  const masterKeys = readJson('LATCHKEY_MASTER_KEYS', vars, MASTER_KEYS, problems);
  return masterKeys === null ? { ok: false, problems } : { ok: true, masterKeys };
};

/** Stytch writes the environment into its secrets: the wrong one would be told only by the first request. */
const readStytchSecret = (
  value: unknown,
  environment: Environment | null,
  problems: string[],
): Secret | null => {
  const problem = stytchSecretProblem(value, environment);
  if (problem !== null) problems.push(`STYTCH_SECRET: ${problem}`);
  return problem === null && typeof value === 'string' ? secret(value) : null;
};

const stytchSecretProblem = (value: unknown, environment: Environment | null): string | null => {
  if (value === undefined || value === '') return 'is missing';
  if (typeof value !== 'string') return 'must be a text';
  if (!/^[\x21-\x7E]+$/.test(value)) return 'has a space, a line end or a character that is not ASCII';
  const theirs = /^secret-(live|test)-/.exec(value)?.[1];
  return theirs === undefined || environment === null || theirs === environment
    ? null
    : 'is of another environment than the project';
};

/** One that may be left out; while it is changed there are two. */
const readWebhookSecret = (
  name: string,
  vars: Readonly<Record<string, unknown>>,
  problems: string[],
): Secret | null => {
  const value = vars[name];
  if (value === undefined || value === '') return null;
  if (typeof value === 'string' && value.split(' ').every(isWebhookSecret)) return secret(value);
  problems.push(`${name}: must be whsec_ and base64 of 24 to 64 bytes; two of them with one space between`);
  return null;
};

/** 256 bits or more in base64url; while it is changed there are two. */
const DECISION_SECRETS = /^[A-Za-z0-9_-]{43,128}(?: [A-Za-z0-9_-]{43,128})?$/;

const readDecisionSecret = (
  { DECISION_SECRET: value }: Readonly<Record<string, unknown>>,
  problems: string[],
): Secret | null => {
  if (value === undefined || value === '') return null;
  if (typeof value === 'string' && DECISION_SECRETS.test(value)) return secret(value);
  problems.push('DECISION_SECRET: must be base64url of 32 bytes or more; two of them with one space between');
  return null;
};

const readJson = <T>(
  name: string,
  vars: Readonly<Record<string, unknown>>,
  schema: z.ZodMiniType<T>,
  problems: string[],
): T | null => {
  const parsed = parseJson(vars[name]);
  if ('problem' in parsed) {
    problems.push(`${name}: ${parsed.problem}`);
    return null;
  }
  const checked = schema.safeParse(parsed.value, { error: whatIsMissing });
  if (checked.success) return checked.data;
  problems.push(...checked.error.issues.map((issue) => `${name}${memberOf(issue.path)}: ${said(issue)}`));
  return null;
};

/** JSON.parse quotes what it stumbles over, and that would be the secret. */
const parseJson = (text: unknown): { readonly value: unknown } | { readonly problem: string } => {
  if (text === undefined || text === '') return { problem: 'is missing' };
  if (typeof text !== 'string') return { problem: 'must be a text' };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: 'is not JSON' };
    throw error;
  }
};

/** zod's own sentence about a member it does not know would name it. */
const said = (issue: z.core.$ZodIssue): string =>
  issue.code === 'unrecognized_keys' ? 'has a member that is not known' : issue.message;

/** Indexes, and members by the names that we gave them. */
const memberOf = (path: readonly PropertyKey[]): string => {
  const text = label(path.filter((part) => typeof part === 'number' || isKnownMember(part)));
  return text === '' || text.startsWith('[') ? text : `.${text}`;
};

const isKnownMember = (part: PropertyKey): part is string =>
  typeof part === 'string' && KNOWN_MEMBERS.has(part);

const KNOWN_MEMBERS: ReadonlySet<string> = new Set([
  'keys',
  'id',
  'key',
  'kty',
  'crv',
  'alg',
  'kid',
  'x',
  'y',
  'd',
]);

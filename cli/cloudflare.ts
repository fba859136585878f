import { stripVTControlCharacters } from 'node:util';
import { isRecord } from '../src/config/variables.ts';
import { err, ok, type Result } from '../src/model/refusal.ts';
import { environmentArgs } from './project.ts';
import type { Secrets } from './secrets-file.ts';
import type { Ran, Wrangler } from './wrangler.ts';

/** A KV namespace of the account. */
export interface Namespace {
  readonly id: string;
  readonly title: string;
}

/** The namespaces of the account. */
export const listNamespaces = async (
  wrangler: Wrangler,
  environment: string | null,
): Promise<Result<readonly Namespace[], string>> => {
  const ran = await wrangler(['kv', 'namespace', 'list', ...environmentArgs(environment)]);
  const listed = ran.code === 0 ? listOf(ran.stdout, ['id', 'title']) : null;
  return listed === null ? err(whyNot('kv namespace list', ran)) : ok(listed as unknown as Namespace[]);
};

/** The names of the secrets that the Worker of the environment has; null where there is no such Worker yet. */
export const listSecrets = async (
  wrangler: Wrangler,
  environment: string | null,
): Promise<Result<readonly string[] | null, string>> => {
  const ran = await wrangler(['secret', 'list', '--format', 'json', ...environmentArgs(environment)]);
  if (ran.code !== 0 && /Worker ".*not found/.test(ran.stdout + ran.stderr)) return ok(null);
  const listed = ran.code === 0 ? listOf(ran.stdout, ['name']) : null;
  return listed === null
    ? err(whyNot('secret list', ran))
    : ok(listed.map(({ name }) => name ?? '').filter((name) => name !== ''));
};

/**
 * Hands secrets to the Worker of an environment, all in one call and so in one version; those that are not among them stay.
 * By stdin: an argument or a file could be read by others.
 */
export const putSecrets = async (
  wrangler: Wrangler,
  environment: string | null,
  secrets: Secrets,
): Promise<Result<null, string>> => {
  const input = JSON.stringify(secrets);
  const ran = await wrangler(['secret', 'bulk', ...environmentArgs(environment)], { input });
  return ran.code === 0 ? ok(null) : err(whyNot('secret bulk', ran));
};

/** The version that most requests go to; the refusal also where nothing was ever deployed. */
export const runningVersion = async (
  wrangler: Wrangler,
  environment: string | null,
): Promise<Result<string, string>> => {
  const ran = await wrangler(['deployments', 'status', '--json', ...environmentArgs(environment)]);
  const versions = ran.code === 0 ? versionsOf(ran.stdout) : [];
  const [most] = versions.toSorted((one, other) => other.percentage - one.percentage);
  return most === undefined ? err(whyNot('deployments status', ran)) : ok(most.version_id);
};

interface Version {
  readonly version_id: string;
  readonly percentage: number;
}

const versionsOf = (text: string): readonly Version[] => {
  const value = parsed(text);
  const versions = isRecord(value) && Array.isArray(value.versions) ? (value.versions as unknown[]) : [];
  return versions.flatMap((each) => {
    if (!isRecord(each)) return [];
    const { version_id, percentage } = each;
    return typeof version_id === 'string' && typeof percentage === 'number'
      ? [{ version_id, percentage }]
      : [];
  });
};

/** Why a call of wrangler's did not do what it was called for: its own words, and what to do about the usual one. */
export const whyNot = (call: string, { code, stdout, stderr }: Ran): string => {
  const words = stripVTControlCharacters(`${stderr}\n${stdout}`)
    .split('\n')
    // Where its log is, and a way to go on in an account that is nobody's.
    .filter((line) => !/Logs were written|--temporary/.test(line))
    .join('\n')
    .replace(/^\s*✘ \[ERROR\]\s*/, '')
    .trim();
  if (code === 0) return `wrangler ${call} answered in a way that is not known: ${words.slice(0, 300)}`;
  const isStranger = /CLOUDFLARE_API_TOKEN|not authenticated|wrangler login/i.test(words);
  const advice = isStranger ? '\nLog in with `npx wrangler login`, or set CLOUDFLARE_API_TOKEN.' : '';
  return `wrangler ${call} failed: ${words || `exit code ${code}`}${advice}`;
};

/** A JSON list of objects that have these members as texts; null for anything else. */
const listOf = (
  text: string,
  members: readonly string[],
): readonly Readonly<Record<string, string>>[] | null => {
  const value = parsed(text);
  const isList =
    Array.isArray(value) &&
    value.every((each) => isRecord(each) && members.every((member) => typeof each[member] === 'string'));
  return isList ? value : null;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

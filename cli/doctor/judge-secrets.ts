import type { SecretsResult } from '../../src/config/secrets.ts';
import type { Secrets } from '../secrets-file.ts';
import type { CheckId } from './checks/index.ts';
import { allSkipped, type Finding, found, skipped } from './finding.ts';
import type { SecretsFacts } from './look-secrets.ts';

/**
 * What is to be thought of the secrets. `judged` is what the Worker would make of the file's, and `needed` without which it
 * does not start; null where it is not to be known.
 */
export const judgeSecrets = (
  facts: SecretsFacts,
  judged: SecretsResult | null,
  needed: readonly string[] | null,
): readonly Finding[] => [...judgeFile(facts, judged), ...judgeHeld(facts, needed)];

const OF_THE_FILE: readonly CheckId[] = ['SECRET-02', 'SECRET-03', 'SECRET-04', 'SECRET-05'];

const judgeFile = (
  { path, file, isOpen, development, others }: SecretsFacts,
  judged: SecretsResult | null,
): readonly Finding[] => {
  if (!file.ok) return [found('SECRET-01', [file.refusal]), ...allSkipped(OF_THE_FILE, 'SECRET-01 first')];
  const { value } = file;
  if (value === null) return allSkipped(['SECRET-01', ...OF_THE_FILE], `there is no ${path}`);
  return [
    found('SECRET-01', []),
    found('SECRET-02', isOpen ? [`others on this machine may read ${path}`] : []),
    judged === null
      ? skipped('SECRET-03', 'CONFIG-02 first')
      : found('SECRET-03', judged.ok ? [] : judged.problems),
    found(
      'SECRET-04',
      inCommon(value, development).map((name) => `${name}: has a key of npm run dev`),
    ),
    found(
      'SECRET-05',
      Object.entries(others).flatMap(([other, theirs]) =>
        inCommon(value, theirs).map((name) => `${name}: has a key that is in ${other} too`),
      ),
    ),
  ];
};

const judgeHeld = ({ file, held }: SecretsFacts, needed: readonly string[] | null): readonly Finding[] => {
  const names = held?.ok === true ? held.value : null;
  const known = names ?? (file.ok && file.value !== null ? Object.keys(file.value) : null);
  return [
    names === null || needed === null
      ? skipped('SECRET-06', needed === null ? 'CONFIG-02 first' : whyUnknown(held))
      : found(
          'SECRET-06',
          needed.filter((name) => !names.includes(name)).map((name) => `${name} is missing`),
        ),
    known === null
      ? skipped('SECRET-07', 'nobody says which secrets there are')
      : found(
          'SECRET-07',
          known.includes('STYTCH_WEBHOOK_SECRET') ? [] : ['there is no STYTCH_WEBHOOK_SECRET'],
        ),
  ];
};

const whyUnknown = (held: SecretsFacts['held']): string => {
  if (held === null) return '--offline';
  return held.ok ? 'there is no such Worker at Cloudflare yet' : held.refusal;
};

/** What we make for ourselves, for one deployment. */
const OUR_OWN = ['LATCHKEY_MASTER_KEYS', 'ASSERTION_JWKS'] as const;

/** The secrets of our own that have key material in common, by name. */
const inCommon = (ours: Secrets, theirs: Secrets): readonly string[] =>
  OUR_OWN.filter((name) => {
    const known = new Set(materialOf(theirs[name]));
    return materialOf(ours[name]).some((each) => known.has(each));
  });

/** What of a secret must be nobody else's, whatever it is named there: `key` of a master key, `d` of a JWK (RFC 7518 §6.2.2.1). */
const materialOf = (text: string | undefined): readonly string[] =>
  [...(text ?? '').matchAll(/"(?:key|d)"\s*:\s*"([^"]+)"/g)].map(([, material = '']) => material);

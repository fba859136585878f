import type { Outcome } from '../../src/model/ports.ts';
import { type CheckId, idsOf } from './checks/index.ts';
import { STYTCH } from './checks/stytch.ts';
import { skewProblem } from './clock.ts';
import { allSkipped, type Finding, found, skipped } from './finding.ts';
import { type ClientFacts, SOMEBODY_ELSE, type StytchFacts } from './look-stytch.ts';

/** Every check of Stytch. */
export const STYTCH_IDS = idsOf(STYTCH);

/** What a token is needed for. */
const BY_TOKEN: readonly CheckId[] = ['STYTCH-05', 'STYTCH-06', 'STYTCH-07', 'STYTCH-08'];

/** What is to be thought of Stytch. */
export const judgeStytch = (facts: StytchFacts, ownerClaim: string): readonly Finding[] => {
  const { jwks, secret, skew, client } = facts;
  const clock =
    skew === null
      ? skipped('STYTCH-10', 'Stytch did not say the time')
      : found('STYTCH-10', skewProblem("Stytch's", skew));
  if (jwks.outcome === 'unreachable' && (secret === null || secret.outcome === 'unreachable'))
    return [
      found('STYTCH-01', [`no answer that is one: ${jwks.detail}`]),
      ...allSkipped(STYTCH_IDS.slice(1), 'STYTCH-01 first'),
    ];
  return [
    found('STYTCH-01', []),
    found('STYTCH-02', keyProblems(facts)),
    secret === null
      ? skipped('STYTCH-03', 'there is no STYTCH_SECRET in the file of secrets, nor in the environment')
      : found('STYTCH-03', problemOf(secret)),
    ...(client === null
      ? allSkipped(['STYTCH-04', ...BY_TOKEN, 'STYTCH-09'], 'STYTCH-03 first')
      : judgeClient(client, ownerClaim)),
    clock,
  ];
};

const problemOf = (outcome: Outcome<unknown>): readonly string[] => {
  if (outcome.outcome === 'answered') return [];
  return [
    outcome.outcome === 'declined' ? `${outcome.status} ${outcome.code}` : `no answer: ${outcome.detail}`,
  ];
};

const keyProblems = ({ jwks, client }: StytchFacts): readonly string[] => {
  if (jwks.outcome !== 'answered') return problemOf(jwks);
  const { verdict = null } = client ?? {};
  if (jwks.value.length === 0 || verdict?.verdict === 'unknowable')
    return ['there is no key that can be used'];
  return isBad(verdict, 'kid') ? ['the key is missing that signs tokens now'] : [];
};

const judgeClient = (client: ClientFacts, ownerClaim: string): readonly Finding[] => {
  const { clientId, created, token, claims, deleted } = client;
  const made = found('STYTCH-04', [...problemOf(created), ...(token === null ? [] : problemOf(token))]);
  const ended =
    created.outcome === 'declined'
      ? skipped('STYTCH-09', 'none was made')
      : found(
          'STYTCH-09',
          problemOf(deleted).map((problem) => `${clientId}: ${problem}`),
        );
  if (made.verdict !== 'ok') return [made, ...allSkipped(BY_TOKEN, 'STYTCH-04 first'), ended];
  return [made, ...judgeToken(client, claims ?? {}, ownerClaim), ended];
};

const judgeToken = (
  { verdict, owner }: ClientFacts,
  claims: Readonly<Record<string, unknown>>,
  ownerClaim: string,
): readonly Finding[] => {
  const chosen = [ownerClaim, 'organization_id'].filter((name) => claims[name] === SOMEBODY_ELSE);
  const isOwners = claims[ownerClaim] === owner.id;
  const first = foundElsewhere(verdict, isOwners);
  const refused = verdict?.verdict === 'bad' ? [`refused: ${verdict.because}`] : [];
  return [
    first === null ? found('STYTCH-05', refused) : skipped('STYTCH-05', `${first} first`),
    chosen.includes(ownerClaim)
      ? skipped('STYTCH-06', 'STYTCH-07 first')
      : found('STYTCH-06', isOwners ? [] : [ownerProblem(claims, ownerClaim)]),
    found(
      'STYTCH-07',
      chosen.map((name) => `the claim ${name} is what the request said`),
    ),
    found('STYTCH-08', isBad(verdict, 'aud') ? [`it is for ${[claims.aud].flat().join(', ')}`] : []),
  ];
};

/** The check that says better why the Worker does not take a token; null where none does. */
const foundElsewhere = (verdict: ClientFacts['verdict'], isOwners: boolean): CheckId | null => {
  if (verdict === null || verdict.verdict === 'unknowable' || isBad(verdict, 'kid')) return 'STYTCH-02';
  if (isBad(verdict, 'aud')) return 'STYTCH-08';
  // An owner that is no text makes the token one of no kind.
  return isBad(verdict, 'kind') && !isOwners ? 'STYTCH-06' : null;
};

const ownerProblem = (claims: Readonly<Record<string, unknown>>, ownerClaim: string): string =>
  claims[ownerClaim] === undefined
    ? `the claim ${ownerClaim} is missing`
    : `the claim ${ownerClaim} is not what trusted_metadata has under that name`;

const isBad = (verdict: ClientFacts['verdict'], because: string): boolean =>
  verdict?.verdict === 'bad' && verdict.because === because;

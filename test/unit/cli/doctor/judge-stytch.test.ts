import { expect, test } from 'vitest';
import { judgeStytch, STYTCH_IDS } from '../../../../cli/doctor/judge-stytch.ts';
import { type ClientFacts, SOMEBODY_ELSE, type StytchFacts } from '../../../../cli/doctor/look-stytch.ts';
import type { Outcome } from '../../../../src/model/ports.ts';

const answered = <T>(value: T): Outcome<T> => ({ outcome: 'answered', value });
const SILENT: Outcome<never> = { outcome: 'unreachable', detail: 'TimeoutError', retryAfterSeconds: null };
const DECLINED: Outcome<never> = { outcome: 'declined', status: 400, code: 'invalid_m2m_client_scope' };

const CLIENT: ClientFacts = {
  clientId: 'acme_test_0000000000000000000000000000',
  owner: { kind: 'user', id: 'user-test-1', organizationId: null },
  created: answered({ created: true }),
  token: answered('a.b.c'),
  claims: { user_id: 'user-test-1', aud: ['project-test-1'] },
  verdict: {
    verdict: 'good',
    token: {
      ...{ kind: 'm2m', clientId: 'acme', scopes: [], ownerId: 'user-test-1', organizationId: null },
      ...{ issuedAt: 1, expiresAt: 2 },
    },
  },
  deleted: answered({ existed: true }),
};
const KEY = { kty: 'RSA', kid: 'k', n: 'n', e: 'AQAB' } as const;
const GOOD: StytchFacts = { jwks: answered([KEY]), secret: answered(null), skew: 0, client: CLIENT };

const verdictsOf = (facts: Partial<StytchFacts>) =>
  judgeStytch({ ...GOOD, ...facts }, 'user_id').flatMap(({ id, verdict, details }) =>
    verdict === 'ok' ? [] : [[id, verdict, ...details]],
  );
const skipped = (first: string, ...numbers: readonly string[]) =>
  numbers.map((number) => [`STYTCH-${number}`, 'skipped', `${first} first`]);

test('a Stytch that is right has nothing that is wrong', () => {
  expect(verdictsOf({})).toEqual([]);
});

test('silence is told once, and everything else waits for it', () => {
  expect(verdictsOf({ jwks: SILENT, secret: SILENT, client: null })).toEqual([
    ['STYTCH-01', 'FAIL', 'no answer that is one: TimeoutError'],
    ...skipped('STYTCH-01', ...STYTCH_IDS.slice(1).map((id) => id.slice(-2))),
  ]);
});

test('without a secret the keys are looked at all the same', () => {
  expect(verdictsOf({ secret: null, client: null })).toEqual([
    ['STYTCH-03', 'skipped', expect.stringMatching(/^there is no STYTCH_SECRET/)],
    ...skipped('STYTCH-03', '04', '05', '06', '07', '08', '09'),
  ]);
});

test('a client that Stytch refuses is none that has to be deleted', () => {
  const client = { ...CLIENT, created: DECLINED, token: null, claims: null, verdict: null };
  expect(verdictsOf({ client })).toEqual([
    ['STYTCH-04', 'FAIL', '400 invalid_m2m_client_scope'],
    ...skipped('STYTCH-04', '05', '06', '07', '08'),
    ['STYTCH-09', 'skipped', 'none was made'],
  ]);
});

test('one that may have been made and was not deleted is named', () => {
  const client = { ...CLIENT, created: SILENT, token: null, claims: null, verdict: null, deleted: SILENT };
  expect(verdictsOf({ client }).at(-1)).toEqual([
    ...['STYTCH-09', 'FAIL', `${CLIENT.clientId}: no answer: TimeoutError`],
  ]);
});

test('keys that are none that can be used are told of, and no token blamed for it', () => {
  expect(verdictsOf({ client: { ...CLIENT, verdict: { verdict: 'unknowable' } } })).toEqual([
    ['STYTCH-02', 'FAIL', 'there is no key that can be used'],
    ['STYTCH-05', 'skipped', 'STYTCH-02 first'],
  ]);
});

test("an organization that is the request's is found, though the owner is right", () => {
  const claims = { ...CLIENT.claims, organization_id: SOMEBODY_ELSE };
  expect(verdictsOf({ client: { ...CLIENT, claims } })).toEqual([
    ['STYTCH-07', 'FAIL', 'the claim organization_id is what the request said'],
  ]);
});

test('who does not say the time is not judged by it', () => {
  expect(verdictsOf({ skew: null })).toEqual([['STYTCH-10', 'skipped', 'Stytch did not say the time']]);
  expect(verdictsOf({ skew: -9 })).toEqual([
    ['STYTCH-10', 'FAIL', "Stytch's clock is 9 s behind this machine's"],
  ]);
});

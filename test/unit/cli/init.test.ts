import { expect, test } from 'vitest';
import { freshId } from '../../../cli/fresh-keys.ts';
import { type Answers, answersIn, problemOf } from '../../../cli/init/answers.ts';
import { gather } from '../../../cli/init/ask.ts';
import { planSecrets, secretProblems } from '../../../cli/init/secrets.ts';
import settings from '../../settings.ts';

const ANSWERS: Answers = {
  vertical: 'consumer',
  projectId: 'project-live-9f8e7d6c-0000-4000-8000-000000000000',
  apiHosts: ['api.acme.com'],
  deskHost: 'keys.acme.com',
  originUrl: 'https://origin.acme.com',
  brand: 'acme',
  originId: 'acme-api',
};

test('answers are judged by the checks of the configuration, those between them too', () => {
  expect(problemOf(ANSWERS)).toBeUndefined();
  const wrong: [Partial<Answers>, RegExp][] = [
    [{ projectId: 'acme' }, /project-test-… or project-live-…/],
    [{ projectId: 'project-test-1', apiHosts: ['https://api.acme.com'] }, /lower-case host name/],
    [{ ...ANSWERS, deskHost: 'api.acme.com' }, /is the Desk's host/],
    [{ ...ANSWERS, originUrl: 'https://api.acme.com' }, /one of our own hosts/],
    [{ ...ANSWERS, originUrl: 'http://127.0.0.1:3000' }, /must be https with a live project/],
    [{ ...ANSWERS, originUrl: 'https://user:word@origin.acme.com' }, /must not have a user or a password/],
    [{ ...ANSWERS, brand: 'Acme!' }, /lower-case letters and digits/],
    [{ ...ANSWERS, originId: 'two words' }, /printable/],
  ];
  for (const [answers, problem] of wrong) expect(problemOf(answers)).toMatch(problem);
});

test('what is missing or wrong is told all at once, by the names of the options', async () => {
  const gathered = await gather(
    { vertical: 'both', 'api-host': 'api.acme.com', 'desk-host': 'api.acme.com' },
    {},
    null,
  );
  expect(gathered).toMatchObject({ ok: false });
  expect(gathered.ok ? [] : gathered.refusal.map((problem) => problem.slice(0, 20))).toEqual([
    ...['--vertical: Invalid ', '--project-id: is mis', '--desk-host: "api.ac'],
    ...['--origin-url: is mis', '--brand: is missing:', '--origin-id: is miss'],
  ]);
});

test('the answers of a file are those that are right', () => {
  expect(answersIn(settings)).toMatchObject({ brand: 'acme', apiHosts: ['api.test', 'api2.test:8443'] });
  expect(answersIn({ ...settings, brand: 'A', hosts: { api: 'api.test' } })).not.toHaveProperty('brand');
  expect(answersIn(null)).toEqual({});
});

test('keys are made where there are none, and never over those that are there', () => {
  const now = new Date('2026-11-26T23:00:00Z');
  const first = planSecrets({}, { STYTCH_SECRET: 'planted' }, now);
  expect([first.made, first.taken, first.kept]).toEqual([
    ['LATCHKEY_MASTER_KEYS', 'ASSERTION_JWKS'],
    ['STYTCH_SECRET'],
    [],
  ]);
  expect(secretProblems(settings, first.secrets)).toEqual([]);
  const second = planSecrets(first.secrets, { STYTCH_SECRET: 'another', EVENTS_SECRET: '' }, now);
  expect(second).toEqual({
    secrets: first.secrets,
    made: [],
    taken: [],
    kept: ['STYTCH_SECRET', 'LATCHKEY_MASTER_KEYS', 'ASSERTION_JWKS'],
  });
});

test("a secret of Stytch's other environment is found out before it is kept, and not repeated", () => {
  const { secrets } = planSecrets({}, { STYTCH_SECRET: 'secret-live-planted' }, new Date());
  expect(secretProblems(settings, secrets)).toEqual([
    'STYTCH_SECRET: is of another environment than the project',
  ]);
});

test('a key has the name of its day, and a number where the day has one already', () => {
  const now = new Date('2026-11-26T23:59:59Z');
  expect(freshId(now, [])).toBe('2026-11-26');
  expect(freshId(now, ['2026-11-26', '2026-11-26-2'])).toBe('2026-11-26-3');
});

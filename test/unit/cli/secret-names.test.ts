import { expect, test } from 'vitest';
import { neededSecrets } from '../../../cli/secret-names.ts';
import { SECRET_NAMES } from '../../../src/config/secrets.ts';
import { readOpenConfig, readSecretConfig } from '../../../src/config.ts';
import settings from '../../settings.ts';

const problemsOf = (more: object, vars: Readonly<Record<string, string>>): readonly string[] => {
  const read = readSecretConfig({ ...settings, ...more }, vars);
  return read.ok ? [] : read.problems;
};

test.each<[what: string, more: object]>([
  ['with nothing more', {}],
  ['that tells of events', { events: { url: 'https://app.test/events' } }],
  ['that other proxies ask for decisions', { decision: {} }],
])('of a configuration %s, what it needs is what the Worker misses', (_, more) => {
  const read = readOpenConfig({ ...settings, ...more }, {});
  if (!read.ok) throw new Error(read.problems.join());
  const missed = problemsOf(more, {}).map((problem) => problem.replace(/: is missing.*$/, ''));
  expect(neededSecrets(read.config)).toEqual(missed);
});

test('every secret that the Worker judges has its name here', () => {
  const problems = problemsOf({}, Object.fromEntries(SECRET_NAMES.map((name) => [name, 'é'])));
  expect(problems.map((problem) => problem.split(':', 1)[0]).toSorted()).toEqual(SECRET_NAMES.toSorted());
});

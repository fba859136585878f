import { describe, expect, test } from 'vitest';
import { environmentsOf } from '../../../tools/check/deployment.ts';
import { type Environment, environmentProblems } from '../../../tools/check/environments.ts';
import { ROOT } from '../../../tools/check/project.ts';

const OURS = environmentsOf(`${ROOT}/wrangler.toml`);

const named = (name: string): Environment => {
  const environment = OURS[name];
  if (environment === undefined) throw new Error(`no environment ${name}`);
  return environment;
};

const withPart = (name: string, change: (environment: Environment) => Partial<Environment>) => ({
  ...OURS,
  [name]: { ...named(name), ...change(named(name)) },
});

/** Every section that has bindings in it, with what is left when the first of them is forgotten. */
const less = (value: unknown): unknown =>
  Array.isArray(value) ? value.slice(1) : { bindings: (value as { bindings: unknown[] }).bindings.slice(1) };

describe('the environments of wrangler.toml', () => {
  test('are three, and nothing is forgotten in one of them', () => {
    expect(Object.keys(OURS)).toEqual(['', 'staging', 'production']);
    expect(environmentProblems(OURS)).toEqual([]);
  });

  test('without --env no address is deployed to, and no Worker that is reached', () => {
    expect(OURS['']?.routes).toBeUndefined();
    expect(OURS['']?.name).toBe('latchkey-dev');
  });

  test.each(
    ['', 'staging', 'production'].flatMap((name) =>
      ['kv_namespaces', 'durable_objects', 'ratelimits'].map((section) => [name, section] as const),
    ),
  )('a binding that [env.%s] lacks is found: %s', (name, section) => {
    expect(
      environmentProblems(withPart(name, (environment) => ({ [section]: less(environment[section]) }))),
    ).toEqual([expect.stringMatching(new RegExp(`lacks ${section} \\w+, which another has$`))]);
  });

  test.each(['', 'staging', 'production'])('a variable that [env.%s] lacks is found', (name) => {
    const problems = environmentProblems(
      withPart(name, ({ vars }) => ({
        vars: Object.fromEntries(Object.entries(vars ?? {}).filter(([key]) => key !== 'ORIGIN_URL')),
      })),
    );
    expect(problems).toEqual([expect.stringMatching(/lacks vars ORIGIN_URL/)]);
  });

  test.each<[what: string, change: Partial<Environment>, problem: RegExp]>([
    [
      "another's name",
      { name: 'latchkey-staging' },
      /^name latchkey-staging is in "staging" and "production"/,
    ],
    [
      "another's rate limit",
      { ratelimits: [{ name: 'STRANGERS', namespace_id: '1002' }] },
      /^ratelimits namespace_id 1002 is in/,
    ],
  ])('with %s is found out', (_, change, problem) => {
    expect(environmentProblems(withPart('production', () => change))).toEqual([
      expect.stringMatching(problem),
    ]);
  });

  test('two that share a Stytch project are found out', () => {
    const vars = { ...named('production').vars, STYTCH_PROJECT_ID: named('staging').vars?.STYTCH_PROJECT_ID };
    expect(environmentProblems(withPart('production', () => ({ vars })))).toEqual([
      expect.stringMatching(
        /^vars STYTCH_PROJECT_ID project-test-22222222\S+ is in "staging" and "production"/,
      ),
    ]);
  });

  test('two that share a KV namespace are found out, once it has an id', () => {
    const kv = { kv_namespaces: [{ binding: 'VAULT', id: 'a'.repeat(32) }] };
    const both = {
      ...OURS,
      staging: { ...named('staging'), ...kv },
      production: { ...named('production'), ...kv },
    };
    expect(environmentProblems(both)).toEqual([
      `kv_namespaces id ${'a'.repeat(32)} is in "staging" and "production": each needs its own`,
    ]);
  });
});

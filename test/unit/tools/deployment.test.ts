import { describe, expect, test } from 'vitest';
import { type Deployment, deploymentProblems } from '../../../tools/check/deployment.ts';

const GOOD: Deployment = { workers_dev: false, preview_urls: false, compatibility_date: '2026-10-01' };

describe('CACHE-01, PATH-07 › a deployment', () => {
  test('without a cache in front and without another door is right', () => {
    expect(deploymentProblems(GOOD)).toEqual([]);
    expect(deploymentProblems({ ...GOOD, cache: { enabled: false }, exports: { default: {} } })).toEqual([]);
  });

  test.each<[what: string, wrong: Partial<Deployment>, problem: RegExp]>([
    ['Workers Cache', { cache: { enabled: true } }, /^cache is enabled/],
    [
      'Workers Cache for one entry point',
      { exports: { default: { cache: { enabled: true } } } },
      /^cache is/,
    ],
    ['workers.dev', { workers_dev: true }, /^workers_dev/],
    ['workers.dev by default', { workers_dev: undefined }, /^workers_dev/],
    ['preview URLs', { preview_urls: true }, /^preview_urls/],
    ['preview URLs by default', { preview_urls: undefined }, /^preview_urls/],
    ['a fetch without no-store', { compatibility_date: '2024-11-10' }, /^compatibility_date/],
    ['no date', { compatibility_date: undefined }, /^compatibility_date/],
    ['no-store switched off', { compatibility_flags: ['cache_option_disabled'] }, /^compatibility_flags/],
  ])('with %s is found out', (_, wrong, problem) => {
    expect(deploymentProblems({ ...GOOD, ...wrong })).toEqual([expect.stringMatching(problem)]);
  });
});

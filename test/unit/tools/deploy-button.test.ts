import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { environmentsOf } from '../../../tools/check/deployment.ts';
import { ROOT } from '../../../tools/check/project.ts';
import settings from '../../settings.ts';

const secrets = Object.fromEntries(
  [...readFileSync(join(ROOT, '.dev.vars.example'), 'utf8').matchAll(/^([A-Z_]+)=['"](.*)['"]$/gm)].map(
    ([, name = '', value = '']) => [name, value],
  ),
);

test('the deploy button asks for every secret that a Worker must have, and says where it comes from', () => {
  const bare = readConfig(settings, {});
  if (bare.ok) throw new Error('a Worker without secrets serves');
  const needed = bare.problems.map((problem) => /^[A-Z_]+/.exec(problem)?.[0]).filter(Boolean);
  expect(Object.keys(secrets).sort()).toEqual([...new Set(needed)].sort());

  const { cloudflare } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const { vars = {}, kv_namespaces } = environmentsOf(join(ROOT, 'wrangler.toml'))[''] ?? {};
  const kv = (kv_namespaces as readonly { binding: string }[]).map(({ binding }) => binding);
  expect(Object.keys(cloudflare.bindings).sort()).toEqual(
    [...Object.keys(secrets), ...Object.keys(vars), ...kv].sort(),
  );
});

test('with the example values a Worker serves nothing', () => {
  expect(readConfig(settings, secrets).ok).toBe(false);
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingPackages, whySkipped } from '../packages.ts';
import { describeOrigin } from './guarded/expectations.ts';
import { NGINX } from './guarded/nginx.ts';
import { RECIPES } from './guarded/recipes.ts';
import { startWorld, type World } from './guarded/world.ts';

/** The examples of `examples/origins/`, on the servers that people run them on, behind the real Gate. */
const missing = missingPackages('recipes');

test.runIf(process.env.REAL_ORIGINS === 'required')('what the recipes need is installed', () => {
  expect(missing).toEqual([]);
});

describe.skipIf(missing.length > 0)(`recipes${whySkipped('recipes')}`, () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world?.stop());

  for (const origin of [...RECIPES, NGINX])
    describeOrigin(origin, () => world, { seesAliases: false, remembers: false });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Wrangler } from '../../../cli/wrangler.ts';
import { OPERATOR } from '../../../tools/dev/emulator-project.ts';
import { freshSecrets } from '../../../tools/serve/secrets.ts';
import { type Load, startLoad } from './load.ts';
import { operatorsFolder } from './operators-folder.ts';
import { callLatchkey } from './recorder.ts';
import { type Rollout, startRollout } from './rollout.ts';
import { memberOf } from './stage.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let rollout: Rollout;
let load: Load;
/** The users of the first load, whose keys are the oldest. */
let former: readonly string[] = [];
let operator: ReturnType<typeof operatorsFolder>;

beforeAll(async () => {
  rollout = await startRollout();
  operator = operatorsFolder(rollout.secrets);
});
afterAll(async () => {
  await rollout?.stop();
  operator?.remove();
});
beforeEach(() => {
  rollout.origins.verified.clear();
  rollout.origins.refused.clear();
});
afterEach(() => load.stop());

type Secrets = Readonly<Record<string, string>>;

/** The last version that goes out, or went. */
let goingOut: Promise<void> = Promise.resolve();

/**
 * A version goes out: one isolate, a Ring, further isolates and Rings, the last isolate. Each part stays until every user has
 * done all that he does.
 */
const goOut = async (secrets: Secrets): Promise<void> => {
  const [first = '', ...others] = load.rings;
  const moveRing = (ring: string) => load.between(ring, () => rollout.moveRings([ring], secrets));
  await rollout.moveIsolates([1], secrets);
  await load.lap();
  await moveRing(first);
  await load.lap();
  await rollout.moveIsolates([2], secrets);
  for (const ring of others) await moveRing(ring);
  await load.lap();
  await rollout.moveIsolates([0], secrets);
};

/** Answers as Cloudflare does: when the new version is there, and before it is everywhere. */
const wrangler: Wrangler = async (_args, { input = '{}' } = {}) => {
  await goingOut;
  goingOut = goOut(JSON.parse(input));
  return { code: 0, stdout: '', stderr: '' };
};

/** Whoever waits for as long as isolates of before may be about sees them gone. */
const clock = () => ({
  now: operator.clock.now,
  wait: async (ms: number) => {
    await goingOut;
    rollout.age(ms);
    await load.lap();
    await operator.clock.wait(ms);
  },
});

const latchkey = (...args: readonly string[]) =>
  callLatchkey(args, {
    ...{ folder: operator.folder, wrangler, clock: clock() },
    env: { LATCHKEY_OPERATOR_SECRET: OPERATOR.clientSecret },
  });

/** What no request and no assertion may come to. */
const nothingRefused = () => {
  expect(load.refused).toEqual([]);
  expect([...rollout.origins.refused]).toEqual([]);
};

const MASTER = 'LATCHKEY_MASTER_KEYS';
const ASSERTION = 'ASSERTION_JWKS';

describe('under load, while versions go out, no request is refused', () => {
  test('by latchkey rotate-master', async () => {
    load = await startLoad(rollout, 'all');
    await load.lap();
    const { code, told } = await latchkey('rotate-master', '--yes', '--wait');
    expect([code, told]).toEqual([0, expect.stringContaining('is accepted, and nothing is made under it')]);
    await goingOut;
    await load.lap();
    await load.stop();
    nothingRefused();
    expect(load.requests()).toBeGreaterThan(100);
    const counted = await latchkey('reconcile', '--dry-run', '--json', ...rollout.asOperator);
    // Two users have two keys of before each.
    expect(memberOf(counted.said, 'master_keys')).toEqual({ 'test-1': 4 });
    expect(operator.ids(MASTER)).toEqual(['2026-11-26', 'test-1']);
    former = load.owners;
  });

  test('by latchkey rotate-master --retire, which tells first how many keys stop working', async () => {
    load = await startLoad(rollout, 'all');
    await operator.clock.wait(120_000);
    const retire = ['rotate-master', '--retire', 'test-1', '--yes', ...rollout.asOperator];
    const told = await latchkey(...retire);
    expect([told.code, told.told]).toEqual([1, expect.stringContaining('4 living keys need the master key')]);
    for (const user of former) {
      const revoked = await latchkey(
        'keys',
        'revoke',
        '--all',
        '--user',
        user,
        '--yes',
        ...rollout.asOperator,
      );
      expect(revoked.code).toBe(0);
    }
    expect(operator.ids(MASTER)).toEqual(['2026-11-26', 'test-1']);
    expect((await latchkey(...retire)).code).toBe(0);
    await goingOut;
    await load.lap();
    await load.stop();
    nothingRefused();
    expect(operator.ids(MASTER)).toEqual(['2026-11-26']);
  });

  test('by latchkey rotate-assertion', async () => {
    load = await startLoad(rollout, 'calls');
    await load.lap();
    const { code } = await latchkey('rotate-assertion', '--yes', '--wait', '--desk', rollout.desk);
    expect(code).toBe(0);
    await goingOut;
    await load.lap();
    await load.stop();
    nothingRefused();
    expect([...rollout.origins.verified.keys()]).toEqual(['test-1', '2026-11-26']);
    expect(operator.ids(ASSERTION)).toEqual(['2026-11-26']);
  });
});

describe('in another order there are refusals, so that the above means something', () => {
  test('a master key that is first at once: isolates that do not know it refuse what was just made', async () => {
    load = await startLoad(rollout, 'all');
    const [made] = JSON.parse(freshSecrets()[MASTER]);
    const list = [{ ...made, id: 'at-once' }, ...JSON.parse(operator.secrets()[MASTER] ?? '')];
    await goOut({ [MASTER]: JSON.stringify(list) });
    await load.stop();
    expect(load.refused).toContainEqual(
      expect.objectContaining({ what: 'a key that was just made', status: 401 }),
    );
  });

  test('an assertion key that signs at once: origins do not know it', async () => {
    load = await startLoad(rollout, 'calls');
    const { keys } = JSON.parse(operator.secrets()[ASSERTION] ?? '');
    const [made] = JSON.parse(freshSecrets()[ASSERTION]).keys;
    const jwks = JSON.stringify({ keys: [{ ...made, kid: 'at-once' }, ...keys] });
    await rollout.moveIsolates([1], { [ASSERTION]: jwks });
    await load.lap();
    await load.stop();
    expect([...rollout.origins.refused.keys()]).toEqual(['key_unknown']);
  });
});

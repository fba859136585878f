import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuOf, cpuOfMachine, cpuOfUs } from './cpu.ts';
import { call } from './http.ts';
import { quiet } from './origin.ts';
import type { Target, Variant, World } from './variant.ts';
import { type LoadResult, load } from './wrk.ts';

/** One round of one variant. */
export interface Sample {
  readonly rps: number;
  /** CPU of the variant's process per request, in microseconds. */
  readonly cpu_us: number;
  readonly p50_ms: number;
  readonly p90_ms: number;
  readonly p99_ms: number;
  /** CPU that others took meanwhile, in cores. */
  readonly foreign_cores: number;
}

/** Warms a target up, checks its answers, measures it, and makes sure that the load met no error. */
export const measure = async (variant: Variant, target: Target, world: World): Promise<Sample> => {
  const { origin, options } = world;
  await send(target, options.warmUpSeconds, 'warmUp', world);
  await check(variant, target, world);
  await origin.seen();
  const pids = [target.pid, origin.pid];
  const ours = (): number => cpuOfUs() + pids.reduce((sum, pid) => sum + cpuOf(pid), 0);
  const before = { process: cpuOf(target.pid), ours: ours(), machine: cpuOfMachine() };
  const result = await send(target, options.seconds, 'round', world);
  const after = { process: cpuOf(target.pid), ours: ours(), machine: cpuOfMachine() };
  const seen = await origin.seen();
  if (seen.requests < result.requests)
    throw new Error(`the origin saw ${seen.requests} of ${result.requests}`);
  if (
    variant.identified !== (seen.identified === seen.requests) ||
    (!variant.identified && seen.identified > 0)
  )
    throw new Error(`the origin was told a user in ${seen.identified} of ${seen.requests} requests`);
  await target.confirm?.(seen.requests);
  const foreign = after.machine - before.machine - (after.ours - before.ours);
  return {
    rps: (result.requests / result.micros) * 1_000_000,
    cpu_us: (after.process - before.process) / result.requests,
    p50_ms: result.p50 / 1000,
    p90_ms: result.p90 / 1000,
    p99_ms: result.p99 / 1000,
    foreign_cores: Math.max(0, foreign / result.micros),
  };
};

type Phase = 'warmUp' | 'round';

const send = async (target: Target, seconds: number, phase: Phase, world: World): Promise<LoadResult> => {
  const keys = target.keys?.[phase];
  const keysFile = keys === undefined ? undefined : join(world.folder, 'keys');
  if (keysFile !== undefined && keys !== undefined) writeFileSync(keysFile, `${keys.join('\n')}\n`);
  const result = await load({ ...target, seconds, keysFile });
  const errors = Object.entries(result.errors).filter(([, count]) => count > 0);
  if (errors.length > 0) throw new Error(`under load: ${errors.map((each) => each.join(' ')).join(', ')}`);
  if (keys !== undefined && result.asked > keys.length)
    throw new Error(`all ${keys.length} keys were used up: raise KEYS_PER_SECOND`);
  return result;
};

/** One request by hand: its answer is the origin's, and the origin saw what it should. */
const check = async (variant: Variant, target: Target, { origin }: World): Promise<void> => {
  const [key] = target.keys?.warmUp ?? [];
  const headers = { ...target.headers, ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }) };
  const direct = await call({ port: origin.port, path: target.path });
  await quiet(origin);
  const answer = await call({ ...target, headers });
  const { requests, last } = await origin.seen();
  if (answer.status !== 200 || answer.text !== direct.text)
    throw new Error(`answered ${answer.status}: ${answer.text}`);
  if (requests !== 1) throw new Error(`the origin saw ${requests} requests for one`);
  const wrong = variant.wrong(last);
  if (wrong !== null) throw new Error(wrong);
};

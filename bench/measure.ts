import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpuOfEnded, cpuOfFamily, cpuOfMachine } from './cpu.ts';
import { type Answer, call } from './http.ts';
import { quiet } from './origin.ts';
import { PACED_WARM_UP_SECONDS } from './plan.ts';
import type { Seen, Target, Variant, World } from './variant.ts';
import { type LoadResult, load } from './wrk.ts';

/** One round of one variant. */
export interface Sample {
  readonly rps: number;
  /** CPU of the variant's process and of those it started, per request, in microseconds. */
  readonly cpu_us: number;
  readonly p50_ms: number;
  readonly p90_ms: number;
  readonly p99_ms: number;
  /** CPU of the variant's process, in cores. */
  readonly server_cores: number;
  /** CPU of what sent the load, in cores: it has one thread, and at 1 it is what was measured. */
  readonly client_cores: number;
  /** CPU of whoever is not ours, in cores. */
  readonly foreign_cores: number;
}

/** As many requests in a second, or as many as are answered. */
export type Pace = number | undefined;

/** Warms a target up, checks its answers, measures it, and makes sure that the load met no error. */
export const measure = async (
  variant: Variant,
  target: Target,
  world: World,
  pace?: Pace,
): Promise<Sample> => {
  const { origin, options } = world;
  const warmUpSeconds = pace === undefined ? options.warmUpSeconds : PACED_WARM_UP_SECONDS;
  await send(variant, target, warmUpSeconds, 'warmUp', world, pace);
  await check(variant, target, world);
  await origin.seen();
  const before = readCpu(target);
  const result = await send(variant, target, options.seconds, 'round', world, pace);
  const after = readCpu(target);
  const seen = await origin.seen();
  const wrong = miscounted(variant, result, seen);
  if (wrong !== null) throw new Error(wrong);
  await target.confirm?.(seen.requests);
  const cores = (of: (at: Cpu) => number): number => Math.max(0, (of(after) - of(before)) / result.micros);
  return {
    rps: (result.requests / result.micros) * 1_000_000,
    cpu_us: (after.server - before.server) / result.requests,
    p50_ms: result.p50 / 1000,
    p90_ms: result.p90 / 1000,
    p99_ms: result.p99 / 1000,
    server_cores: cores(({ server }) => server),
    client_cores: cores(({ client }) => client),
    foreign_cores: cores(({ machine, family }) => machine - family),
  };
};

type Cpu = ReturnType<typeof readCpu>;

const readCpu = ({ pid }: Target) => ({
  server: cpuOfFamily(pid),
  // Nothing that we start ends during a round but what sends the load.
  client: cpuOfEnded(),
  machine: cpuOfMachine(),
  family: cpuOfFamily(process.pid),
});

type Phase = 'warmUp' | 'round';

const send = async (
  { refusal }: Variant,
  target: Target,
  seconds: number,
  phase: Phase,
  world: World,
  perSecond: Pace,
): Promise<LoadResult> => {
  const keys = target.keys?.[phase];
  const keysFile = keys === undefined ? undefined : join(world.folder, 'keys');
  if (keysFile !== undefined && keys !== undefined) writeFileSync(keysFile, `${keys.join('\n')}\n`);
  const again = target.keys?.again;
  const result = await load({ ...target, seconds, keysFile, again, perSecond });
  if (refusal !== undefined && result.errors.status < result.requests)
    throw new Error(`${result.requests - result.errors.status} of ${result.requests} were not refused`);
  const refused = refusal === undefined ? 0 : result.requests;
  const errors = Object.entries(result.errors).filter(
    ([kind, count]) => count !== (kind === 'status' ? refused : 0),
  );
  if (errors.length > 0) throw new Error(`under load: ${errors.map((each) => each.join(' ')).join(', ')}`);
  if (keys !== undefined && again !== true && result.asked > keys.length)
    throw new Error(`all ${keys.length} keys were used up: raise KEYS_PER_SECOND`);
  return result;
};

/** What does not agree between what was sent and what the origin saw, or null. */
const miscounted = (variant: Variant, { requests }: LoadResult, seen: Seen): string | null => {
  if (variant.refusal !== undefined)
    return seen.requests === 0 ? null : `the origin saw ${seen.requests} requests that were refused`;
  if (seen.requests < requests) return `the origin saw ${seen.requests} of ${requests}`;
  return seen.identified === (variant.identified ? seen.requests : 0)
    ? null
    : `the origin was told a user in ${seen.identified} of ${seen.requests} requests`;
};

/** One request by hand: it is answered as it should be, and the origin saw what it should. */
const check = async (variant: Variant, target: Target, { origin }: World): Promise<void> => {
  const [key] = target.keys?.warmUp ?? [];
  const headers = { ...target.headers, ...(key === undefined ? {} : { Authorization: `Bearer ${key}` }) };
  const direct = await call({ port: origin.port, path: target.path });
  await quiet(origin);
  const answer = await call({ ...target, headers });
  const seen = await origin.seen();
  const wrong =
    variant.refusal === undefined
      ? wrongPass(variant, answer, direct, seen)
      : wrongRefusal(variant.refusal, answer, seen);
  if (wrong !== null) throw new Error(wrong);
};

const wrongPass = (
  { wrong }: Variant,
  { status, text }: Answer,
  direct: Answer,
  { requests, last }: Seen,
): string | null => {
  if (status !== 200 || text !== direct.text) return `answered ${status}: ${text}`;
  return requests === 1 ? wrong(last) : `the origin saw ${requests} requests for one`;
};

const wrongRefusal = (
  { status, code }: Required<Variant>['refusal'],
  answer: Answer,
  { requests }: Seen,
): string | null => {
  if (requests > 0) return 'the origin was asked';
  return answer.status === status && answer.text.includes(`"code":"${code}"`)
    ? null
    : `answered ${answer.status}, not ${status} ${code}: ${answer.text}`;
};

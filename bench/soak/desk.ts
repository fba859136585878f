import { setTimeout as wait } from 'node:timers/promises';
import { type Answer, type Call, call } from '../http.ts';
import type { Random } from '../simulate/random.ts';
import type { Owner } from './people.ts';
import { DESK_HOST, LEASE_SECONDS } from './settings.ts';
import { pick, type Soak } from './soak.ts';
import { count, time, violate } from './tally.ts';
import { possible, type Setting, type Taking } from './timeline.ts';

/** Something that is asked for at the Desk. */
export interface Wish {
  /** What it is called in the figures. */
  readonly what: string;
  readonly method: string;
  readonly path: string;
  /** What follows `Authorization: `; null for nobody. */
  readonly as: string | null;
  readonly body?: unknown;
  /** Statuses that may be. */
  readonly statuses: readonly number[];
  /** For whom, should it go wrong. */
  readonly about: string;
}

export interface Told<T> {
  readonly status: number;
  readonly askedAt: number;
  readonly answeredAt: number;
  /** Null for any status but the first. */
  readonly value: T | null;
}

/** Asks the Desk in any of the isolates. An answer that may not be is written down, and told as status 0. */
export const atDesk = async <T>(soak: Soak, random: Random, wish: Wish): Promise<Told<T>> => {
  const port = pick(random, soak.stage.isolates) ?? 0;
  const askedAt = Date.now();
  const headers = { Host: DESK_HOST, ...(wish.as === null ? {} : { Authorization: wish.as }) };
  const answer = await answerOf({ port, path: wish.path, method: wish.method, headers, body: wish.body });
  const answeredAt = Date.now();
  count(soak.tally.desk, wish.what, answer.status);
  time(soak.tally, `Desk: ${wish.what}`, answeredAt - askedAt);
  if (wish.statuses.includes(answer.status)) {
    const isGood = answer.status === wish.statuses[0];
    return {
      status: answer.status,
      askedAt,
      answeredAt,
      value: isGood ? (JSON.parse(answer.text) as T) : null,
    };
  }
  wrong(soak, wish, askedAt, `answered ${answer.status}`, answer.text.slice(0, 400));
  return { status: 0, askedAt, answeredAt, value: null };
};

/** Writes down that something at the Desk is not as it must be. */
export const wrong = (
  soak: Soak,
  { what, about }: Wish,
  askedAt: number,
  problem: string,
  detail: unknown,
): void =>
  violate(soak.tally, {
    ...{ kind: `Desk: ${what}`, problem, at: new Date(askedAt).toISOString(), ms: Date.now() - askedAt },
    ...{ nonce: '', detail: { about, detail } },
  });

const answerOf = async (wish: Call): Promise<Answer> => {
  try {
    return await call(wish);
  } catch (error) {
    return { status: 0, headers: {}, text: error instanceof Error ? error.message : String(error) };
  }
};

/** Whether an isolate may still hold somebody for suspended, and refuse him with this status. */
export const orSuspended = ({ suspended }: Owner, status: number): readonly number[] => {
  const now = Date.now();
  return possible(suspended, now, now, false).includes(true) ? [status] : [];
};

/** What was taken away and is not answered yet. */
export const newTaking = (kind: string): Taking => ({
  ...{ kind, answeredAt: Infinity, effectiveBy: Infinity },
  ...{ lastAdmittedAt: null, probes: 0 },
});

/** The answer says by when it is gone everywhere: no later than a lease from now. */
export const settleTaking = (
  soak: Soak,
  wish: Wish,
  settings: readonly Setting<unknown>[],
  { askedAt, answeredAt }: Told<unknown>,
  effectiveBy: string,
): number => {
  const by = Date.parse(effectiveBy);
  if (!(by > askedAt && by <= answeredAt + LEASE_SECONDS * 1000))
    wrong(soak, wish, askedAt, 'effective_by is not within a lease of the answer', effectiveBy);
  for (const setting of settings) Object.assign(setting, { sureAt: by, strictlySureAt: answeredAt });
  const taking = settings[0]?.taking ?? null;
  if (taking !== null) {
    Object.assign(taking, { answeredAt, effectiveBy: by });
    soak.tally.takings.push(taking);
  }
  return by;
};

/** Asks until something is so, or for as long as that may take. Whether it is. */
export const eventually = async (isSo: () => Promise<boolean>, ms: number): Promise<boolean> => {
  for (const until = Date.now() + ms; Date.now() < until; await wait(500)) if (await isSo()) return true;
  return isSo();
};

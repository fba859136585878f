import type { Called } from './calls.ts';
import { tick } from './clock.ts';
import type { Rule } from './judgement.ts';
import { KINDS_OF, type Kind } from './kinds.ts';
import { newRun, type Run } from './run.ts';

/** A kind of request, or of work. */
export interface Case {
  readonly name: string;
  /** Makes everything that it needs, all of it new. */
  readonly prepare: (run: Run) => Promise<Prepared>;
  /** What is allowed to be seen when a call of it fails. */
  readonly rule: Rule;
  /** How long after that it is asked; seconds. */
  readonly ageSeconds?: number;
  /** How long it takes until all is tried again that was left; seconds. */
  readonly settleSeconds?: number;
}

export interface Prepared {
  /** What is asked, and told in a few words. */
  readonly ask: () => Promise<string>;
  /** Has everything done that is due. Called a few times before `after`, the clock moved each time. */
  readonly settle?: () => Promise<void>;
  /** What came of it, and of the next good request. */
  readonly after: () => Promise<string>;
}

/** What was seen, of a call that failed in one way or of none. */
export interface Seen {
  readonly answer: string;
  readonly after: string;
}

/** A call that failed, and what was seen. */
export interface Failed extends Seen {
  readonly call: Called;
  readonly kind: Kind;
}

/** A case as it was measured: what is seen without a fault, and with each that there can be. */
export interface Measured {
  readonly one: Case;
  readonly good: Seen;
  readonly failed: readonly Failed[];
}

interface Act {
  readonly one: Case;
  readonly fault: { readonly call: Called; readonly kind: Kind } | null;
}

interface Played extends Act, Seen {
  readonly calls: readonly Called[];
}

/** How many acts are on at the same time: deadlines are real, and are waited for side by side. */
const AT_ONCE = 40;

/** Longer than any `Retry-After` that is told here, and than what is remembered of a silence; seconds. */
const COME_BACK_SECONDS = 6;

/** Longer than a change that was cut off is waited for, and than its second try; seconds. */
const SETTLE_SECONDS = 120;
const SETTLE_ROUNDS = 4;

/** Plays each case without a fault to know its calls, and once for each way in which each call can fail. */
export const play = async (cases: readonly Case[]): Promise<readonly Measured[]> => {
  const good = await inBatches(cases.map((one) => ({ one, fault: null })));
  const acts = good.flatMap(({ one, calls }) =>
    calls.flatMap((call) => KINDS_OF[call.kind].map((kind) => ({ one, fault: { call, kind } }))),
  );
  const played = await inBatches(acts);
  return cases.map((one) => ({
    one,
    good: seenOf(good.find((each) => each.one === one)),
    failed: played.flatMap((each) =>
      each.one === one && each.fault !== null ? [{ ...each.fault, ...seenOf(each) }] : [],
    ),
  }));
};

const seenOf = (played: Played | undefined): Seen => {
  if (played === undefined) throw new Error('it was not played');
  return { answer: played.answer, after: played.after };
};

/** Those that are of one age together, and those that hang: the others need not wait for them. */
const inBatches = async (acts: readonly Act[]): Promise<readonly Played[]> => {
  const ages = Map.groupBy(
    acts,
    ({ one, fault }) => `${one.ageSeconds ?? 1} ${one.settleSeconds ?? 0} ${fault?.kind === 'hang'}`,
  );
  const played: Played[] = [];
  for (const alike of ages.values())
    for (let i = 0; i < alike.length; i += AT_ONCE)
      played.push(...(await perform(alike.slice(i, i + AT_ONCE))));
  return played;
};

/** Acts in step: the clock stands still, and is moved between one step of all of them and the next. */
const perform = async (acts: readonly Act[]): Promise<readonly Played[]> => {
  const each = <A, B>(these: readonly A[], step: (one: A) => Promise<B>): Promise<readonly B[]> =>
    Promise.all(these.map(step));

  await tick(1);
  const stage = await each(acts, async (act) => {
    const run = newRun();
    return { act, run, ...(await act.one.prepare(run)) };
  });
  await each(stage, ({ run }) => run.quiet());
  await tick(acts[0]?.one.ageSeconds ?? 1);
  const asked = await each(stage, async (set) => {
    const { run, act, ask } = set;
    run.arm(act.fault?.call.name ?? null, act.fault?.kind ?? null);
    const answer = await ask();
    await run.quiet();
    const calls = [...run.calls];
    const isBitten = run.disarm();
    if (act.fault !== null && !isBitten) throw new Error(`${nameOf(act)}: it was not called`);
    return { ...set, answer, calls };
  });
  await tick(COME_BACK_SECONDS);
  for (let round = 0; round < SETTLE_ROUNDS; round++) {
    const unsettled = asked.flatMap(({ settle }) => (settle === undefined ? [] : [settle]));
    if (unsettled.length === 0) break;
    await each(unsettled, (settle) => settle());
    await tick(acts[0]?.one.settleSeconds ?? SETTLE_SECONDS);
  }
  return each(asked, async ({ act, run, answer, calls, after }) => {
    const seen = await after().catch((error: unknown) => {
      throw new Error(`${nameOf(act)}: ${answer}, and afterwards ${error}`);
    });
    run.end();
    return { ...act, calls, answer, after: seen };
  });
};

const nameOf = ({ one, fault }: Act): string =>
  fault === null ? one.name : `${one.name}, ${fault.call.name}, ${fault.kind}`;

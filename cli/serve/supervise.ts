/** A server that runs. */
export interface Running {
  /** How it ended, for whatever reason. */
  readonly ended: Promise<string>;
  /** Lets requests end for `patienceMs`. */
  readonly stop: (signal: 'SIGTERM' | 'SIGKILL', patienceMs: number) => Promise<void>;
}

/** What a supervisor does its work with. */
export interface Supervision {
  /** Starts a server; throws with the reason when it does not start. */
  readonly start: () => Promise<Running>;
  readonly isAlive: () => Promise<boolean>;
  /** Does what is due by the clock. */
  readonly doWhatIsDue: () => Promise<void>;
  /** Somebody wants the end; aborted twice, at once. */
  readonly asked: AbortSignal;
  readonly askedTwice: AbortSignal;
  /** Ends early when a signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly nowMs: () => number;
  readonly tell: (line: string) => void;
  readonly drainSeconds: number;
}

const ROUND_MS = 10_000;
/** So many times in a row it does not answer. */
const MISSES = 3;

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** One that ran for so long was not broken: the next pause is the first again. */
const SOUND_MS = 60_000;

/** How long to wait before the next start, after so many in a row that came to nothing. */
export const pauseMs = (failures: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS);

/** Keeps a server running until somebody wants the end; whether it ended well. A first start that fails is the end. */
export const supervise = async (supervision: Supervision): Promise<boolean> => {
  const { asked, tell, sleep, nowMs } = supervision;
  let failures = 0;
  for (let isFirst = true; !asked.aborted; isFirst = false) {
    const startedAt = nowMs();
    const because = await oneLife(supervision);
    if (because === null) return true;
    if (isFirst && because.neverRan) {
      tell(`It did not start: ${because.text}`);
      return false;
    }
    failures = nowMs() - startedAt > SOUND_MS ? 1 : failures + 1;
    tell(`${because.text}. It starts again in ${pauseMs(failures) / 1000} s.`);
    await sleep(pauseMs(failures), asked);
  }
  return true;
};

interface Failure {
  readonly text: string;
  readonly neverRan: boolean;
}

/** From a start to an end; null for one that was wanted. */
const oneLife = async (supervision: Supervision): Promise<Failure | null> => {
  const { start, asked } = supervision;
  let running: Running;
  try {
    running = await start();
  } catch (error) {
    if (error instanceof Error) return { text: error.message, neverRan: true };
    throw error;
  }
  const over = new AbortController();
  const outcome = await Promise.race([
    aborted(asked),
    running.ended.then((how) => `workerd ended (${how})`),
    untilUnwell(supervision, over.signal),
  ]);
  over.abort();
  if (outcome === null) {
    await drain(supervision, running);
    return null;
  }
  await running.stop('SIGKILL', 0);
  return { text: outcome, neverRan: false };
};

/** Looks again and again whether it answers, and whether something is due; says what is wrong, and never ends otherwise. */
const untilUnwell = async (
  { isAlive, doWhatIsDue, sleep }: Supervision,
  over: AbortSignal,
): Promise<string | null> => {
  for (let misses = 0; misses < MISSES; ) {
    await doWhatIsDue();
    await sleep(ROUND_MS, over);
    if (over.aborted) break;
    misses = (await isAlive()) ? 0 : misses + 1;
  }
  return 'workerd does not answer any more';
};

/** No more connections; those requests that have begun may end. */
const drain = async ({ tell, askedTwice, drainSeconds }: Supervision, running: Running): Promise<void> => {
  tell(`Ending: requests that have begun have ${drainSeconds} s.`);
  const stopped = running.stop('SIGTERM', drainSeconds * 1_000).then(() => 'stopped' as const);
  if ((await Promise.race([stopped, aborted(askedTwice)])) === null) await running.stop('SIGKILL', 0);
  await stopped;
  tell('Ended.');
};

const aborted = (signal: AbortSignal): Promise<null> =>
  new Promise((done) => {
    if (signal.aborted) done(null);
    else signal.addEventListener('abort', () => done(null), { once: true });
  });

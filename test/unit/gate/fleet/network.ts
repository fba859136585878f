import type { Fate, KvFate } from './plan.ts';
import { after } from './time.ts';

/** What comes next of a list, and from its beginning again when it is over; once all is well, what is usual. */
export const inTurn = <T>(list: readonly T[], usual: T, isWell: () => boolean): (() => T) => {
  let next = 0;
  return () => (isWell() ? undefined : list[next++ % Math.max(1, list.length)]) ?? usual;
};

export const WELL: Fate = { kind: 'well', thereMs: 5, backMs: 5, pick: 0 };

/** One for each who waits: what waits for a promise is kept as long as it is. */
const never = (): Promise<never> => new Promise(() => undefined);

/** A call over a network in which this becomes of it. Nobody hears of it who is dead by then. */
export const call = async <T>(fate: Fate, isAlive: () => boolean, work: () => T | Promise<T>): Promise<T> => {
  await after(fate.thereMs);
  if (fate.kind === 'lost' || !isAlive()) return never();
  if (fate.kind === 'throws') throw new Error('lost on the way');
  if (fate.kind === 'overloaded') throw Object.assign(new Error('overloaded'), { overloaded: true });
  const answer = structuredClone(await work());
  if (fate.kind === 'twice') await work();
  await after(fate.backMs);
  if (fate.kind === 'answer lost' || !isAlive()) return never();
  if (fate.kind === 'throws after') throw new Error('lost on the way back');
  return fate.kind === 'spoilt' ? (spoilt(answer, fate.pick) as T) : answer;
};

/** An answer of which nothing, or not all, is left. */
const spoilt = (answer: unknown, pick: number): unknown => {
  const nothing = [null, {}, 'garbage', [], 0];
  if (pick < nothing.length || typeof answer !== 'object' || answer === null) return nothing[pick] ?? null;
  const [first] = Object.values(answer);
  const names = Object.keys(first as object);
  // The first member is what the answer is about: without one of its own it says nothing.
  delete (first as Record<string, unknown>)[names[pick % names.length] ?? ''];
  return answer;
};

/** A KV namespace that is late and stale as it likes, and sometimes fails. */
export const openKv = (nextFate: () => KvFate): KVNamespace => {
  const versions = new Map<string, (string | null)[]>();
  const of = (entry: string) => {
    const known = versions.get(entry) ?? [];
    versions.set(entry, known);
    return known;
  };
  const reach = async (): Promise<KvFate> => {
    const fate = nextFate();
    await after(10);
    if (fate === 'throws') throw new Error('KV GET failed: 500 Internal Server Error');
    return fate === 'hangs' ? never() : fate;
  };
  return {
    get: async (entry: string) => {
      const fate = await reach();
      const known = of(entry);
      if (fate === 'garbage') return 'v1.garbage';
      return (fate === 'before' ? known[0] : fate === 'none' ? null : known.at(-1)) ?? null;
    },
    put: async (entry: string, text: string) => {
      await reach();
      of(entry).push(text);
    },
    delete: async (entry: string) => {
      await reach();
      of(entry).push(null);
    },
  } as unknown as KVNamespace;
};

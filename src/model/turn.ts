/** How often a waiting request looks whether the one before it is done, in milliseconds. */
const LOOK_MS = 5;

/** Runs `work`, or waits for the same work that another request has under way and takes its value. */
export type Turn = <T>(name: string, work: () => Promise<T>) => Promise<T>;

interface Slot {
  readonly since: number;
  state: 'running' | 'done' | 'failed';
  value: unknown;
}

export interface TurnOptions {
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** After this long the one who works is taken to have vanished, and the next takes over; milliseconds. */
  readonly patienceMs: number;
}

/**
 * One at a time, by name, among the requests of an isolate. A promise made in one request cannot be awaited by
 * another on Workers ("Cannot perform I/O on behalf of a different request"), so those who wait look at plain
 * memory, each with a timer of its own. Values must be plain data.
 */
export const createTurn = ({ now, sleep, patienceMs }: TurnOptions): Turn => {
  const slots = new Map<string, Slot>();

  const waitFor = async (slot: Slot): Promise<boolean> => {
    while (slot.state === 'running' && now() - slot.since < patienceMs) await sleep(LOOK_MS);
    return slot.state === 'done';
  };

  return async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    for (let before = slots.get(name); before !== undefined; before = slots.get(name)) {
      if (await waitFor(before)) return before.value as T;
      // The first of those who waited removes it and takes over; the others find the new one.
      if (slots.get(name) === before) slots.delete(name);
    }
    const slot: Slot = { since: now(), state: 'running', value: undefined };
    slots.set(name, slot);
    try {
      const value = await work();
      slot.value = value;
      slot.state = 'done';
      return value;
    } finally {
      if (slot.state === 'running') slot.state = 'failed';
      if (slots.get(name) === slot) slots.delete(name);
    }
  };
};

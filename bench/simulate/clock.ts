/** Virtual time in ms from the start of a run, and what shall happen when. */
export type Clock = {
  now(): number;
  /** What is due at the same moment happens in the order in which it was said. */
  after(ms: number, happen: () => void): void;
  /** Lets everything happen that is due before `until`, which then is now. */
  runUntil(until: number): void;
};

type Event = { readonly at: number; readonly order: number; readonly happen: () => void };

/** A binary heap of events. */
export const openClock = (): Clock => {
  const heap: Event[] = [];
  let now = 0;
  let order = 0;

  const push = (event: Event): void => {
    let index = heap.length;
    while (index > 0) {
      const up = (index - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || isBefore(parent, event)) break;
      heap[index] = parent;
      index = up;
    }
    heap[index] = event;
  };

  const pop = (): Event | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let down = 2 * index + 1;
      let child = heap[down];
      const right = heap[down + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        child = right;
        down++;
      }
      if (child === undefined || isBefore(last, child)) break;
      heap[index] = child;
      index = down;
    }
    heap[index] = last;
    return first;
  };

  return {
    now: () => now,
    after: (ms, happen) => push({ at: now + Math.max(0, ms), order: order++, happen }),
    runUntil(until) {
      for (let first = heap[0]; first !== undefined && first.at < until; first = heap[0]) {
        pop();
        now = first.at;
        first.happen();
      }
      now = until;
    },
  };
};

const isBefore = (one: Event, other: Event): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

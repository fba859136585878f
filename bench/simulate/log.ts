/** When units were admitted: in order of the decision, which for a waiting request is the Ring's. */
export type AdmissionLog = {
  admit(at: number, units: number): void;
  /** Keeps the place of a decision of which nobody has heard yet. */
  reserve(at: number): number;
  /** The isolate heard of it: so many units came through. Only now do they count. */
  fill(slot: number, units: number): void;
  /** All units, each by the weight of its moment. */
  weigh(weightAt: (at: number) => number): number;
  /** The most units that any half-open window of this length holds. */
  worstWindow(ms: number): number;
};

/** An empty log. Typed arrays: some runs admit millions. */
export const openLog = (): AdmissionLog => {
  let times = new Float64Array(1024);
  let units = new Uint32Array(1024);
  let length = 0;

  const put = (at: number, count: number): number => {
    if (length === times.length) {
      times = grown(times, new Float64Array(2 * length));
      units = grown(units, new Uint32Array(2 * length));
    }
    times[length] = at;
    units[length] = count;
    return length++;
  };

  return {
    admit: put,
    reserve: (at) => put(at, 0),
    fill(slot, count) {
      units[slot] = (units[slot] ?? 0) + count;
    },
    weigh(weightAt) {
      let sum = 0;
      for (let index = 0; index < length; index++) sum += (units[index] ?? 0) * weightAt(times[index] ?? 0);
      return sum;
    },
    worstWindow(ms) {
      let worst = 0;
      let sum = 0;
      for (let index = 0, first = 0; index < length; index++) {
        sum += units[index] ?? 0;
        for (; (times[index] ?? 0) - (times[first] ?? 0) >= ms; first++) sum -= units[first] ?? 0;
        worst = Math.max(worst, sum);
      }
      return worst;
    },
  };
};

const grown = <T extends Float64Array | Uint32Array>(from: T, to: T): T => {
  to.set(from);
  return to;
};

/** Numbers in [0, 1), the same for the same seed on every machine. */
export type Random = () => number;

/**
 * A stream of its own for each purpose of each run, so that one more draw here changes nothing there:
 * sfc32, seeded through FNV-1a of the name.
 */
export const openRandom = (seed: number, name: string): Random => {
  let hash = 0x811c9dc5;
  for (const letter of `${name} ${seed}`) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  let a = hash >>> 0;
  let b = 0x9e3779b9;
  let c = seed >>> 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 0x1_0000_0000;
  };
  for (let round = 0; round < 16; round++) next();
  return next;
};

/** The time until the next event of a Poisson process with this mean. */
export const exponential = (random: Random, mean: number): number => -Math.log(1 - random()) * mean;

/** Evenly spread over orders of magnitude. */
export const logUniform = (random: Random, least: number, most: number): number =>
  least * (most / least) ** random();

export const integerBelow = (random: Random, end: number): number => Math.floor(random() * end);

/** Draws an index: each as often as the others, or the i-th 1/i as often as the first (Zipf). */
export const openSpread = (random: Random, count: number, spread: 'uniform' | 'zipf'): (() => number) => {
  if (spread === 'uniform') return () => integerBelow(random, count);
  const upTo = new Float64Array(count);
  let sum = 0;
  for (let index = 0; index < count; index++) {
    sum += 1 / (index + 1);
    upTo[index] = sum;
  }
  return () => {
    const drawn = random() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] ?? 0) > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  };
};

/** The part of all draws that falls on an index. */
export const shareOf = (index: number, count: number, spread: 'uniform' | 'zipf'): number => {
  if (spread === 'uniform') return 1 / count;
  let sum = 0;
  for (let one = 1; one <= count; one++) sum += 1 / one;
  return 1 / (index + 1) / sum;
};

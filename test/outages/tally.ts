// What became of requests, in figures. Pure.

/** Who asks, as the table calls him. */
export const ROWS = [
  'API key',
  'API key in X-API-Key',
  'own pair',
  'foreign pair',
  'key or pair, new isolate',
  'key never used before',
  'access token',
  'session',
  'anonymous',
  'over the limit',
  'being ended',
  'made up',
  'ended or not allowed',
  'issue a key',
  'end a key',
] as const;
export type Row = (typeof ROWS)[number];

/** One answer. */
export interface Sample {
  readonly phase: string;
  readonly row: Row;
  /** Who asks: refusals in a row are his. */
  readonly who: string;
  readonly at: number;
  /** How much time it stands for: since the step before. Milliseconds. */
  readonly forMs: number;
  readonly status: number;
}

/** What became of one row in one phase. */
export interface Figures {
  readonly phase: string;
  readonly row: Row;
  readonly requests: number;
  readonly admitted: number;
  /** 401 and 403. */
  readonly refused: number;
  readonly limited: number;
  readonly unavailable: number;
  /** Of 100 parts of the time, in how many somebody who asked was let in: steps are not of one length. */
  readonly availability: number;
  /** From the first refusal to the next admission of the same one, or to the end of the phase; seconds. */
  readonly longestRefusalSeconds: number;
}

export const isAdmitted = (status: number): boolean => status >= 200 && status < 300;

/** Adds up what the samples say, phase by phase in their order, and row by row in the order of the table. */
export const figuresOf = (samples: readonly Sample[]): readonly Figures[] => {
  const groups = Map.groupBy(samples, ({ phase, row }) => `${phase}\n${row}`);
  const phases = [...new Set(samples.map(({ phase }) => phase))];
  return phases.flatMap((phase) =>
    ROWS.flatMap((row) => {
      const group = groups.get(`${phase}\n${row}`);
      return group === undefined ? [] : [figureOf(phase, row, group)];
    }),
  );
};

const figureOf = (phase: string, row: Row, samples: readonly Sample[]): Figures => {
  const count = (isSo: (status: number) => boolean): number =>
    samples.filter(({ status }) => isSo(status)).length;
  const time = (chosen: readonly Sample[]): number => chosen.reduce((sum, { forMs }) => sum + forMs, 0);
  return {
    ...{ phase, row, requests: samples.length, admitted: count(isAdmitted) },
    refused: count((status) => status === 401 || status === 403),
    limited: count((status) => status === 429),
    unavailable: count((status) => status === 503),
    availability: (100 * time(samples.filter(({ status }) => isAdmitted(status)))) / time(samples),
    longestRefusalSeconds: longestRefusal(samples) / 1000,
  };
};

const longestRefusal = (samples: readonly Sample[]): number => {
  const since = new Map<string, number>();
  let longest = 0;
  for (const { who, at, status } of samples) {
    const began = since.get(who) ?? at;
    longest = Math.max(longest, at - began);
    if (isAdmitted(status)) since.delete(who);
    else since.set(who, began);
  }
  return longest;
};

/** Nothing that is less than 100 is told as 100. */
export const percent = (value: number): string => {
  const tenths = Math.floor(value * 10 + 1e-6) / 10;
  return tenths === Math.round(tenths) ? String(tenths) : tenths.toFixed(1);
};

/** Where the counting Worker is asked for what it counted since it was last asked. */
export const COUNTERS_HOST = 'counters.bench';

/** Asked here, it wakes the Lobbies besides. */
export const LOBBIES_PATH = '/lobbies';

/** What the Worker counts. */
export const COUNTS = [
  ...(['kv_reads', 'kv_writes', 'kv_deletes', 'ring_requests', 'lobby_requests'] as const),
  ...(['rows_read', 'rows_written', 'alarms_set', 'alarms'] as const),
] as const;
export type Count = (typeof COUNTS)[number];

/** What one time of a path costs: what the Worker counts, what Stytch does, and the CPU of all of workerd. */
export const PARTS = [...COUNTS, 'stytch_calls', 'tokens', 'cpu_us'] as const;
export type Part = (typeof PARTS)[number];
export type Parts = Readonly<Record<Part, number>>;

export const NOTHING = Object.fromEntries(COUNTS.map((count) => [count, 0])) as Readonly<
  Record<Count, number>
>;

/** Of one path: what it is, how often it was gone, and what it cost each time. */
export interface Counted {
  readonly name: string;
  readonly says: string;
  readonly times: number;
  readonly per: Parts;
}

/** What each of several times cost. Counts to the thousandth, CPU to the microsecond. */
export const perTime = (sums: Parts, times: number): Parts =>
  Object.fromEntries(
    PARTS.map((part) => [
      part,
      part === 'cpu_us' ? Math.round(sums[part] / times) : rounded(sums[part] / times),
    ]),
  ) as Parts;

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** The figures as Markdown. */
export const asTable = (paths: readonly Counted[]): string => {
  const names = PARTS.map((part) => part.replaceAll('_', ' '));
  return [
    `| path | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---').join('|')}|`,
    ...paths.map(({ name, per }) => `| ${name} | ${PARTS.map((part) => per[part]).join(' | ')} |`),
  ].join('\n');
};

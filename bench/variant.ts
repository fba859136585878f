import type { Deployment } from './latchkey.ts';
import type { Origin, Seen } from './origin.ts';

export type { Seen } from './origin.ts';

/** What every variant finds ready. */
export interface World {
  readonly origin: Origin;
  readonly latchkey: Deployment;
  /** A folder of the run's own, removed after it. */
  readonly folder: string;
  readonly options: { readonly seconds: number; readonly warmUpSeconds: number };
  readonly tell: (line: string) => void;
}

/** Where the load of one round goes. */
export interface Target {
  /** The process whose CPU is counted. */
  readonly pid: number;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Keys to be used once each, in this order, the warm-up's before the round's. */
  readonly keys?: { readonly warmUp: readonly string[]; readonly round: readonly string[] };
  /** Throws unless the round measured what it says: called after it, with how many requests the origin saw in it. */
  readonly confirm?: (requests: number) => Promise<void>;
}

/** A variant that is being served. */
export interface Subject extends AsyncDisposable {
  /** Makes ready for the next round. */
  readonly round: () => Promise<Target>;
}

/** One thing to measure. A new one is a new entry of `variants/index.ts`, nothing else. */
export interface Variant {
  readonly name: string;
  /** What it is, for the report. */
  readonly says: string;
  /** Whether the origin is told who calls. */
  readonly identified: boolean;
  readonly open: (world: World) => Promise<Subject>;
  /** What is wrong with a request as the origin saw it, or null. */
  readonly wrong: (last: Seen['last']) => string | null;
}

import type { Deployment } from './latchkey.ts';
import type { Origin, Seen } from './origin.ts';

export type { Seen } from './origin.ts';

/** What every variant finds ready. */
export interface World {
  readonly origin: Origin;
  readonly latchkey: Deployment;
  /** The folder of what that Latchkey keeps. */
  readonly state: string;
  /** A folder of the run's own, removed after it. */
  readonly folder: string;
  readonly options: { readonly seconds: number; readonly warmUpSeconds: number };
  readonly tell: (line: string) => void;
}

/** Where the load of one round goes. */
export interface Target {
  /** The process whose CPU is counted, with that of all that it starts. */
  readonly pid: number;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Keys in this order, the warm-up's before the round's. */
  readonly keys?: Keys;
  /** Throws unless the round measured what it says: called after it, with how many requests the origin saw in it. */
  readonly confirm?: (requests: number) => Promise<void>;
}

export interface Keys {
  readonly warmUp: readonly string[];
  readonly round: readonly string[];
  /** Whether they begin again after the last; otherwise each is used once, and to run out of them is a failure. */
  readonly again?: boolean;
}

/** A variant that is being served. */
export interface Subject extends AsyncDisposable {
  /** Makes ready for the next round. */
  readonly round: () => Promise<Target>;
}

/** The sections of the report, in its order. */
export const GROUPS = {
  floor: 'Bare Workers',
  latchkey: 'Latchkey',
  refusal: 'Latchkey, refusals',
  peer: 'What users would pick instead',
} as const;
export type Group = keyof typeof GROUPS;

/** What a variant is a ratio of, unless it says otherwise. */
export const FLOOR = 'pass';

/** One thing to measure. A new one is a new entry of `variants/index.ts`, nothing else. */
export interface Variant {
  readonly name: string;
  /** What it is, for the report. */
  readonly says: string;
  readonly group: Group;
  /** The variant that it is a ratio of, where that is not the bare pass-through Worker. */
  readonly base?: string;
  /** Whether it is measured under a paced load too. */
  readonly paced?: boolean;
  /** Whether the origin is told who calls. */
  readonly identified: boolean;
  /** With what each request is refused, if it is: the origin hears nothing of it. */
  readonly refusal?: { readonly status: number; readonly code: string };
  /** Why it cannot be had here, or null; it may install what it needs. Asked before `open`. */
  readonly missing?: (tell: (line: string) => void) => string | null;
  readonly open: (world: World) => Promise<Subject>;
  /** What is wrong with a request as the origin saw it, or null. */
  readonly wrong: (last: Seen['last']) => string | null;
}

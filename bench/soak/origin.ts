import { join } from 'node:path';
import { startOriginChild } from '../origin-child.ts';

/** What the origin was told of one request. */
export interface Seen {
  /** When, in milliseconds. */
  readonly at: number;
  readonly nonce: string | null;
  readonly requestId: string | null;
  readonly method: string;
  readonly path: string;
  readonly user: string | null;
  readonly key: string | null;
  readonly auth: string | null;
  readonly scopes: string | null;
  /** Whether the credential itself was passed on. */
  readonly hasCredential: boolean;
  /** `proven`, `unchecked`, or what is wrong with it. */
  readonly assertion: string;
}

/** What it takes to prove an assertion. */
export interface OriginStart {
  readonly jwks: { readonly keys: readonly unknown[] };
  readonly issuer: string;
  readonly audience: string;
  /** One of so many is proven, besides those that are bound to their request. */
  readonly verifyEvery: number;
}

export interface OriginCounts {
  readonly requests: number;
  readonly verified: number;
}

/** The origin, in a process of its own. */
export interface SoakOrigin extends Disposable {
  readonly pid: number;
  readonly url: string;
  readonly begin: (start: OriginStart) => void;
  readonly counts: () => Promise<OriginCounts>;
}

/** Starts the origin; it ends with us. */
export const startOrigin = async (): Promise<SoakOrigin> => {
  const child = await startOriginChild(join(import.meta.dirname, 'origin-process.ts'));
  const { pid, port, tell } = child;
  return {
    ...{ pid, url: `http://127.0.0.1:${port}`, begin: tell },
    counts: () => child.ask<OriginCounts>('counts'),
    [Symbol.dispose]: () => child[Symbol.dispose](),
  };
};

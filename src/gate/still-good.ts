import type { Credential } from '../model/credential.ts';
import type { Evidence } from '../model/evidence.ts';
import { LEASE_SLACK_MS } from '../model/meter.ts';
import { ok } from '../model/refusal.ts';
import type { Sender } from '../model/stranger.ts';
import { newTrace } from '../model/trace.ts';
import type { Decide, Demand } from './decide.ts';
import { type StillGood, watchLeaseMs } from './forward/watch.ts';

/** Until when a silent Ring lets this isolate go on by itself, with what a credential is owned by; null: it does not. */
export type GraceEnd = (evidence: Evidence) => number | null;

/** Asks again, at no cost, whether somebody who was let in may stay: everything is judged anew, as for a request. */
export const createStillGood =
  (decide: Decide, now: () => number, graceEnd: GraceEnd) =>
  (credential: Credential, demand: Demand, from: Sender | null): StillGood =>
  async (since) => {
    const askedAt = now();
    const mayGoOn = demand.leaseSeconds > 0;
    const again = { ...demand, cost: 0, leaseSeconds: 0, mayGoOn, isAgain: true } as const;
    const decided = await decide(credential, again, since, newTrace(), from);
    if (!decided.ok) return decided;
    const { evidence } = decided.value;
    const word = evidence?.held?.askedAt ?? askedAt;
    const until = evidence === null || word >= since ? null : graceEnd(evidence);
    // As good as a word that ends with the grace.
    return ok(until === null ? word : Math.min(now(), until - watchLeaseMs(demand) + LEASE_SLACK_MS));
  };

/** A budget is counted over the last minute, in milliseconds. */
export const BUDGET_WINDOW_MS = 60_000;

/** Wrong secrets of one client in the window; far below the 100 in a row of NIST SP 800-63B-4 §3.2.2. */
export const MAX_FAILURES_OF_CLIENT = 10;

/** Wrong pairs from one address, or one /64, in the window. */
export const MAX_FAILURES_OF_ADDRESS = 20;

/** Calls to Stytch for pairs that it never accepted, answered or not, in the window: what one instance may cost. */
export const MAX_FAILURES_IN_ALL = 120;

/** How soon somebody whom only undecided attempts stand in the way may come back, in milliseconds. */
const DECIDED_SOON_MS = 1_000;

/** One try of a pair that Stytch has never accepted. */
export interface Attempt {
  /** When it was begun; milliseconds since the epoch. */
  readonly at: number;
  readonly clientId: string;
  /** A name of the address's block; null where the address is not known. */
  readonly address: string | null;
  /** `pending`: Stytch is being asked. `refused`: it said no. `unanswered`: it said nothing of the secret. */
  readonly outcome: 'pending' | 'refused' | 'unanswered';
}

export type Scope = 'client' | 'address' | 'all';

/** Which budgets an attempt would exceed, and how long until none of them is in its way. */
export interface Throttle {
  readonly scopes: readonly Scope[];
  readonly waitMs: number;
}

/**
 * Whether another attempt may be made after those of the last minute; null when it may. Attempts that are undecided count
 * as failures: many at once must not slip through together. What Stytch did not answer says nothing against a client
 * or an address, but has cost a call.
 */
export const throttle = (
  attempts: readonly Attempt[],
  next: Pick<Attempt, 'clientId' | 'address'>,
  now: number,
): Throttle | null => {
  const counted = attempts.filter(({ at }) => now - at < BUDGET_WINDOW_MS);
  const against = counted.filter(({ outcome }) => outcome !== 'unanswered');
  const waits: readonly (readonly [Scope, number])[] = [
    ['client', waitMs(ofClient(against, next), MAX_FAILURES_OF_CLIENT, now)],
    ['address', waitMs(ofAddress(against, next), MAX_FAILURES_OF_ADDRESS, now)],
    ['all', waitMs(counted, MAX_FAILURES_IN_ALL, now)],
  ];
  const exceeded = waits.filter(([, wait]) => wait > 0);
  if (exceeded.length === 0) return null;
  return { scopes: exceeded.map(([scope]) => scope), waitMs: Math.max(...exceeded.map(([, wait]) => wait)) };
};

const ofClient = (attempts: readonly Attempt[], { clientId }: Pick<Attempt, 'clientId'>) =>
  attempts.filter((each) => each.clientId === clientId);

const ofAddress = (attempts: readonly Attempt[], { address }: Pick<Attempt, 'address'>) =>
  address === null ? [] : attempts.filter((each) => each.address === address);

/** How long until fewer than `max` of them count; 0 where they are fewer now. */
const waitMs = (attempts: readonly Attempt[], max: number, now: number): number => {
  const goneIn = attempts
    .map(({ at, outcome }) => (outcome === 'pending' ? DECIDED_SOON_MS : at + BUDGET_WINDOW_MS - now))
    .sort((a, b) => a - b);
  return goneIn[attempts.length - max] ?? 0;
};

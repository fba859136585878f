import type { LogValue, ReconciliationReport } from './ports.ts';

/** What a deployment is tried for. */
export const CHECKS = ['stytch', 'signing_keys', 'assertion_keys', 'kv', 'lobby'] as const;

export type Check = (typeof CHECKS)[number];

/** How a deployment is, as far as one isolate of it can find out by trying. */
export interface Health {
  /** Whether each could be had now. */
  readonly checks: Readonly<Record<Check, boolean>>;
  /** When Stytch gave the signing keys that this isolate holds, in milliseconds; null where it holds none. */
  readonly jwksFetchedAt: number | null;
  /** The assertion keys that are published, by name; the first signs. */
  readonly assertionKids: readonly string[];
  /** The run under way, or the last one; null where there was none, or the Lobby does not say. */
  readonly reconciliation: ReconciliationReport | null;
  /** Which version of the Worker this is; null where nobody says (binding `VERSION`). */
  readonly version: { readonly id: string; readonly tag: string | null } | null;
  /** Whether requests are counted in Analytics Engine (binding `ANALYTICS`). */
  readonly isCounted: boolean;
}

/** The same as a line of the log. */
export const healthLine = (
  { checks, jwksFetchedAt, assertionKids }: Health,
  now: number,
): Readonly<Record<string, LogValue>> => {
  const bad = CHECKS.filter((check) => !checks[check]);
  return {
    event: 'health',
    outcome: bad.length === 0 ? 'good' : 'not good',
    because: bad.join(' ') || null,
    jwks_age_seconds: jwksFetchedAt === null ? null : Math.round((now - jwksFetchedAt) / 1000),
    kid: assertionKids[0] ?? null,
  };
};

import type { Config } from '../src/config.ts';

/** What a Worker does not start without, whatever its settings are. */
const ALWAYS = ['STYTCH_SECRET', 'LATCHKEY_MASTER_KEYS', 'ASSERTION_JWKS'] as const;

/** Every secret that there is. */
export const SECRET_NAMES: readonly string[] = [
  ...ALWAYS,
  ...['STYTCH_WEBHOOK_SECRET', 'EVENTS_SECRET', 'DECISION_SECRET'],
];

/** The names of the secrets that a Worker with these settings does not start without. */
export const neededSecrets = ({
  events,
  decision,
}: Pick<Config, 'events' | 'decision'>): readonly string[] => [
  ...ALWAYS,
  ...(events === null ? [] : ['EVENTS_SECRET']),
  ...(decision === null ? [] : ['DECISION_SECRET']),
];

import type { Config } from '../src/config.ts';

/** Without these no Worker starts. */
const ALWAYS = ['STYTCH_SECRET', 'LATCHKEY_MASTER_KEYS', 'ASSERTION_JWKS'] as const;

/** Those without which a Worker of this configuration does not start. */
export const neededSecrets = ({
  events,
  decision,
}: Pick<Config, 'events' | 'decision'>): readonly string[] => [
  ...ALWAYS,
  ...(events === null ? [] : ['EVENTS_SECRET']),
  ...(decision === null ? [] : ['DECISION_SECRET']),
];

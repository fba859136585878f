import type { Check } from './check.ts';
import { CLOSELY, EDGE } from './edge.ts';
import { FILES } from './files.ts';
import { SECRETS } from './secrets.ts';
import { STYTCH } from './stytch.ts';

export type { Check } from './check.ts';

/** The groups, in the order in which they are looked at. */
export const GROUPS = [
  { title: 'The files', checks: FILES },
  { title: 'The secrets', checks: SECRETS },
  { title: 'Stytch', checks: STYTCH },
  { title: 'The deployment', checks: EDGE },
  { title: 'The deployment, closely', checks: CLOSELY },
] as const;

const ALL = { ...FILES, ...SECRETS, ...STYTCH, ...EDGE, ...CLOSELY } as const;

/** The stable name of a check: what scripts and alerts go by. */
export type CheckId = keyof typeof ALL;

export const CHECKS: Readonly<Record<CheckId, Check>> = ALL;

/** The names of a group's checks. */
export const idsOf = <Id extends string>(group: Readonly<Record<Id, Check>>): readonly Id[] =>
  Object.keys(group) as Id[];

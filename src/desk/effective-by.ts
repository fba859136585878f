import type { DeskPorts } from './ports.ts';

/** When what was just answered is in force everywhere: no lease is older than the answer, so none outlives this. RFC 3339. */
export const effectiveBy = ({ now, largestLeaseSeconds }: Pick<DeskPorts, 'now' | 'largestLeaseSeconds'>) =>
  new Date(now() + largestLeaseSeconds * 1000).toISOString();

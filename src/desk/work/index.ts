import type { DeskPorts } from '../ports.ts';
import { createAuditWork } from './audit.ts';
import { createKeyWork } from './keys.ts';
import { createLimitsWork } from './limits.ts';
import { createOwnerOfKeyWork } from './owner-of-key.ts';
import { createOwnersWork } from './owners.ts';
import { createTokensWork } from './tokens.ts';
import { createUsageOfKeysWork, createUsageWork } from './usage.ts';

/** The work behind what is served, to programs and to people alike: who may ask was found out before. */
export const createWork = (ports: DeskPorts) => ({
  keys: createKeyWork(ports),
  usage: createUsageWork(ports),
  usageOfKeys: createUsageOfKeysWork(ports),
  limits: createLimitsWork(ports),
  tokens: createTokensWork(ports),
  audit: createAuditWork(ports),
  owners: createOwnersWork(ports),
  ownerOfKey: createOwnerOfKeyWork(ports),
});

export type Work = ReturnType<typeof createWork>;

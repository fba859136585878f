import type { Author } from '../model/author.ts';
import type { Owner } from '../model/identity.ts';
import type { OwnerRecord } from '../model/life.ts';
import { err, type Result } from '../model/refusal.ts';
import type { RingParts } from './parts.ts';

export const forgetOwner = (_parts: RingParts, _owner: Owner, _author: Author): Result<OwnerRecord> =>
  err({ reason: 'internal' });

export const forgetWhenDue = async (_parts: RingParts): Promise<void> => undefined;

import * as z from 'zod';
import { OWNER, time } from './objects.ts';

const limitMembers = {
  plan: z.string().nullable().meta({ description: "Of the operator's file; null for the default limit" }),
  keys_limit: z.int().nullable().meta({ description: "Of live keys; null for the operator's file's" }),
};

const ownerMembers = {
  owner: OWNER,
  created_at: time.nullable().meta({ description: 'Null where there was never anything to remember' }),
  ...limitMembers,
  live_keys: z.int(),
  suspension: z.strictObject({ suspended_at: time, reason: z.string() }).nullable(),
  deletion: z
    .strictObject({ deleted_at: time, kept_until: time })
    .nullable()
    .meta({ description: 'When the data was deleted, and until when tombstones and audit are kept' }),
};

const effective_by = time.meta({ description: 'When it is in force everywhere' });

/** An owner as an operator sees him. */
export const OWNER_RECORD = z.strictObject(ownerMembers).meta({ id: 'OwnerRecord' });

/** The same after a change. */
export const CHANGED_OWNER = z.strictObject({ ...ownerMembers, effective_by }).meta({ id: 'ChangedOwner' });

export const OWNER_LIMITS = z.strictObject(limitMembers).meta({ id: 'OwnerLimits' });

export const CHANGED_LIMITS = z
  .strictObject({ ...limitMembers, effective_by })
  .meta({ id: 'ChangedOwnerLimits' });

export const REVOKED_ALL = z.strictObject({ revoked: z.int(), effective_by }).meta({ id: 'RevokedKeys' });

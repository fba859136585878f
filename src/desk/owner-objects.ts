import { LIMIT_NAMES } from '../model/lease-wire.ts';
import * as z from '../model/zod.ts';
import { OWNER, time } from './objects.ts';

const limitMembers = {
  plan: z
    .nullable(z.string())
    .check(z.meta({ description: "Of the operator's file; null for the default limit" })),
  keys_limit: z
    .nullable(z.int())
    .check(z.meta({ description: "Of live keys; null for the operator's file's" })),
};

const ownerMembers = {
  owner: OWNER,
  created_at: z
    .nullable(time)
    .check(z.meta({ description: 'Null where there was never anything to remember' })),
  ...limitMembers,
  live_keys: z.int(),
  suspension: z.nullable(z.strictObject({ suspended_at: time, reason: z.string() })),
  deletion: z
    .nullable(z.strictObject({ deleted_at: time, kept_until: time }))
    .check(
      z.meta({ description: 'When the data was deleted, and until when tombstones and audit are kept' }),
    ),
};

const effective_by = time.check(z.meta({ description: 'When it is in force everywhere' }));

/** An owner as an operator sees him. */
export const OWNER_RECORD = z.strictObject(ownerMembers).check(z.meta({ id: 'OwnerRecord' }));

/** The same after a change. */
export const CHANGED_OWNER = z
  .strictObject({ ...ownerMembers, effective_by })
  .check(z.meta({ id: 'ChangedOwner' }));

/** What an owner may have and ask for, and what is left of it. */
export const OWNER_LIMITS = z
  .strictObject({
    ...limitMembers,
    keys: z
      .strictObject({ limit: z.int(), used: z.int() })
      .check(z.meta({ description: 'How many keys there may be, and how many there are' })),
    limits: z.array(
      z.strictObject({
        name: z.enum(LIMIT_NAMES).check(
          z.meta({
            description: "All of the owner's credentials together, the key's own, or the UTC month",
          }),
        ),
        requests: z.int(),
        per_seconds: z.int().check(z.meta({ description: 'Of `month`, how long this one is' })),
        left: z.int().check(
          z.minimum(0),
          z.meta({
            description:
              'Now. What was lent to where requests come in counts as used; a dear route takes several',
          }),
        ),
        whole_at: z.nullable(time).check(
          z.meta({
            description: 'When all of it is left again at the latest, if nobody takes any; null when it is',
          }),
        ),
      }),
    ),
  })
  .check(z.meta({ id: 'OwnerLimits' }));

export const CHANGED_LIMITS = z
  .strictObject({ ...limitMembers, effective_by })
  .check(z.meta({ id: 'ChangedOwnerLimits' }));

export const REVOKED_ALL = z
  .strictObject({ revoked: z.int(), effective_by })
  .check(z.meta({ id: 'RevokedKeys' }));

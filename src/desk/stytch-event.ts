import { ownerOfClaim } from '../model/foreign.ts';
import type { Owner } from '../model/identity.ts';
import * as z from '../model/zod.ts';

/** Whom Stytch tells of that can own keys; the kind is the prefix of the id too. */
const KINDS = ['user', 'member', 'organization'] as const;

/**
 * Statuses in which nobody may go on. Stytch documents `deleted`, of members; the others are for what it may yet say. Not
 * `pending` and `invited`, which come before `active`. Nor a lock: that is after wrong passwords, anybody can bring it about,
 * and it ends by itself.
 */
const ENDED: ReadonlySet<string> = new Set([
  ...['deleted', 'deactivated', 'inactive', 'disabled', 'suspended', 'banned', 'blocked'],
]);

const entity = z.object({ status: z.optional(z.string()), organization_id: z.optional(z.string()) });

/** What all of Stytch's events have, as far as it is looked at. */
export const stytchEvent = z.object({
  project_id: z.string(),
  action: z._default(z.string(), ''),
  object_type: z._default(z.string(), ''),
  id: z._default(z.string(), ''),
  user: z.catch(z.optional(entity), undefined),
  member: z.catch(z.optional(entity), undefined),
  organization: z.catch(z.optional(entity), undefined),
});

export type StytchEvent = z.infer<typeof stytchEvent>;

/** An owner who is no more, and why. */
export interface Gone {
  readonly owner: Owner;
  readonly reason: string;
}

/** Who is no more by what an event says; null for every other event, of whatever kind. */
export const goneBy = (event: StytchEvent): Gone | null => {
  const kind = KINDS.find((each) => each === event.object_type);
  if (kind === undefined || !new RegExp(`^${kind}-[A-Za-z0-9-]{1,120}$`).test(event.id)) return null;
  const { status, organization_id: organizationId } = event[kind] ?? {};
  const owner = ownerOfClaim(event.id, organizationId ?? null);
  if (event.action === 'DELETE') return { owner, reason: 'deleted at Stytch' };
  return status !== undefined && ENDED.has(status) ? { owner, reason: `${status} at Stytch` } : null;
};

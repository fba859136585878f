import type { Owner } from '../model/identity.ts';
import type { ClientAtStytch } from '../model/life.ts';
import type { StytchClient } from '../model/ports.ts';

const MADE_BY = 'latchkey';

/** What the trusted metadata of a client says of whose it is: the claims template copies it into every token. */
export const ownerMark = (owner: Owner, ownerClaim: string): Readonly<Record<string, string>> => ({
  [ownerClaim]: owner.id,
  owner_kind: owner.kind,
  ...(owner.organizationId === null ? {} : { organization_id: owner.organizationId }),
});

/** What the trusted metadata of a client of ours says besides when it was made: whose it is, and by whom it was made. */
export const markOf = (owner: Owner, ownerClaim: string): Readonly<Record<string, string>> => ({
  ...ownerMark(owner, ownerClaim),
  // By this a reconciliation knows our clients.
  made_by: MADE_BY,
});

/** When a client is made, in seconds: whether it is young enough for its Ring not to know it yet. */
export const madeAtMark = (now: number): Readonly<Record<string, string>> => ({
  made_at: String(Math.floor(now / 1000)),
});

/** A client as a Ring is asked about it. Whoever may write at Stytch may have written anything there. */
export const readMarked = (client: StytchClient, ownerClaim: string): ClientAtStytch => {
  const { clientId, name, description, scopes, status, trustedMetadata } = client;
  const { made_by: madeBy, made_at: madeAt, [ownerClaim]: ownerId } = trustedMetadata;
  return {
    ...{ clientId, name, description, scopes, status },
    marked: madeBy === MADE_BY,
    madeAt: typeof madeAt === 'string' && /^\d{1,12}$/.test(madeAt) ? Number(madeAt) * 1000 : null,
    ownerId: typeof ownerId === 'string' ? ownerId : null,
  };
};

import { isSameOwner, type Owner } from './identity.ts';

/** Who asks about a token, or wants it ended: what he has shown of himself. */
export type Asker =
  /** A client by its secret, or by a token of its own. */
  | { readonly kind: 'client'; readonly clientId: string }
  /** A user or member by his session. */
  | { readonly kind: 'owner'; readonly owner: Owner }
  | { readonly kind: 'operator'; readonly clientId: string }
  /** A public client by its name alone, which anybody can say: that it has the token is all that it shows. */
  | { readonly kind: 'device'; readonly clientId: string };

/** Whose a token is. */
export interface Belonging {
  /** Null for a session. */
  readonly clientId: string | null;
  readonly owner: Owner;
  /** The public client that a key was made for by the device flow (RFC 8628); null for every other. */
  readonly deviceClient: string | null;
}

/** Whether a token is the asker's own to ask about and to end (RFC 7662 §2.1, RFC 7009 §2.1). An operator's is every one. */
export const isAskersOwn = (asker: Asker, { clientId, owner, deviceClient }: Belonging): boolean => {
  switch (asker.kind) {
    case 'client':
      return clientId === asker.clientId;
    case 'owner':
      return isSameOwner(asker.owner, owner);
    case 'operator':
      return true;
    case 'device':
      return deviceClient === asker.clientId;
  }
};

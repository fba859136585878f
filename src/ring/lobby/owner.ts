import { type Ownership, ownershipOf, ownOwner } from '../../model/foreign.ts';
import type { Owner } from '../../model/identity.ts';
import type { LobbyExchangeRequest } from '../../model/ports.ts';
import type { LobbyParts } from './parts.ts';

/** Whose client it is, and has it written down if that is news. Nothing is awaited: of two claims one is the first. */
export const settleOwner = (parts: LobbyParts, clientId: string, named: Owner): Ownership => {
  const held = parts.tables.owner(clientId);
  const settled = ownershipOf(named, held, parts.rules.ownerlessClients);
  if (settled.ownership === 'owned' && !isSame(settled.owner, held)) {
    parts.tables.putOwner(clientId, settled.owner, parts.now());
  }
  return settled;
};

/** The same of who asks. An operator is nobody's client: nothing is written down of whose he is. */
export const ownershipFor = (
  parts: LobbyParts,
  { credential: { clientId }, asOperator }: LobbyExchangeRequest,
  named: Owner,
): Ownership =>
  asOperator === true
    ? { ownership: 'owned', owner: ownOwner(clientId) }
    : settleOwner(parts, clientId, named);

/** Whether only clients are taken that somebody has claimed, and this one is not among them. */
export const isUnregistered = (
  { rules, tables }: LobbyParts,
  { credential: { clientId }, asOperator }: LobbyExchangeRequest,
): boolean => {
  if (asOperator === true) return !rules.operators.has(clientId);
  return (
    rules.foreignClients === 'off' || (rules.foreignClients === 'imported' && tables.owner(clientId) === null)
  );
};

const isSame = (owner: Owner, held: Owner | null): boolean =>
  held !== null &&
  owner.kind === held.kind &&
  owner.id === held.id &&
  owner.organizationId === held.organizationId;

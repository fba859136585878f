import type { DeskPorts } from '../desk/ports.ts';
import { isForeignClientId } from '../model/foreign.ts';
import { type KeyRealm, ringOfClientId, ringOfOwner } from '../model/key.ts';
import type { Rings } from '../model/ports.ts';
import type { ReachPorts } from '../model/reach.ts';
import { deskRing } from './desk-ring.ts';

interface DeskRingsOptions {
  readonly projectId: string;
  readonly realm: KeyRealm;
  readonly rings: Rings;
  readonly reachPorts: ReachPorts;
}

/** Which Ring the Desk asks: its owner's, or the one that a key names. */
export const deskRings = ({
  projectId,
  realm,
  rings,
  reachPorts,
}: DeskRingsOptions): Pick<DeskPorts, 'ringOf' | 'ringOfKey' | 'isOwn'> => {
  const named = (name: string) => deskRing(name, rings(name), reachPorts);
  return {
    ringOf: async (owner) => named(await ringOfOwner(projectId, owner)),
    ringOfKey: (clientId) => {
      const ring = ringOfClientId(clientId, realm);
      return ring === null ? null : named(ring);
    },
    // Of a client that was made elsewhere, the id does not say whose it is: each Ring knows its own.
    isOwn: async (owner, keyId) =>
      isForeignClientId(keyId, realm) ||
      ringOfClientId(keyId, realm) === (await ringOfOwner(projectId, owner)),
  };
};

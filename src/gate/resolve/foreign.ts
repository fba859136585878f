import { ownerNamedBy, ownershipOf } from '../../model/foreign.ts';
import type { Owner } from '../../model/identity.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import type { M2MToken } from '../../model/token.ts';
import type { Trace } from '../../model/trace.ts';
import { isLobbyLook, isOwner } from '../admit/shapes.ts';
import type { DecisionPorts } from '../ports.ts';
import { invalid, type Presented, REFUSED_FOR_MS, remember } from '../presented.ts';
import { askLobby } from './lobby-call.ts';

/**
 * Whose a client is that was not made here, of which somebody presents a good token: the Lobby knows, or takes the
 * first claim where any client of the project may come.
 */
export const ownerOfForeign = async (
  ports: DecisionPorts,
  presented: Presented,
  token: M2MToken,
  trace: Trace,
): Promise<Result<Owner>> => {
  const { clientId } = token;
  if (ports.foreignClients === 'off') return invalid('foreign', presented);
  const refused = ports.memory.refusal(presented.text, ports.now());
  // That its owner is suspended does not say that he is another, and is for `admit` to say.
  if (refused !== null && refused.reason !== 'owner_suspended') return err(refused);
  const until = ports.now() + REFUSED_FOR_MS;
  const looked = await askLobby(
    ports,
    clientId,
    (lobby) => lobby.look({ clientId, fingerprint: null }),
    isLobbyLook,
    trace,
  );
  if (!looked.ok) return looked;
  const known = looked.value.owner;
  if (known === null && ports.foreignClients === 'imported')
    return remember(ports, presented, 'foreign', until);
  const claimed = ownershipOf(ownerNamedBy(token), known, ports.ownerlessClients);
  if (claimed.ownership !== 'owned') return remember(ports, presented, 'owner', until);
  if (known !== null) return ok(claimed.owner);
  const first = await askLobby(
    ports,
    clientId,
    (lobby) => lobby.claim({ clientId, owner: claimed.owner }),
    isOwner,
    trace,
  );
  if (!first.ok) return first;
  // Somebody else may have been the first.
  const settled = ownershipOf(claimed.owner, first.value, ports.ownerlessClients);
  return settled.ownership === 'owned' ? ok(settled.owner) : remember(ports, presented, 'owner', until);
};

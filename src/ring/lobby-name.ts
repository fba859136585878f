import { crc32 } from 'node:zlib';
import type { Lobbies, Lobby, Reconciler } from '../model/ports.ts';

/** A fixed number, so that strangers who make up client ids cannot make Durable Objects (SECURITY: 0.15). */
const LOBBIES = 64;

/** The name of the Lobby where a foreign client is at home: `lobby-00` to `lobby-63`, by hash of its client_id. */
export const lobbyName = (clientId: string): string => nameOfNumber(crc32(clientId) % LOBBIES);

const nameOfNumber = (number: number): string => `lobby-${String(number).padStart(2, '0')}`;

/** The Lobby that reconciles: one of the 64, and always the same. */
const RECONCILER = 'lobby-00';

export const openReconciler = (namespace: Pick<DurableObjectNamespace, 'getByName'>): Reconciler =>
  namespace.getByName(RECONCILER) as unknown as Reconciler;

/** The Lobbies of a deployment, each client's by its id. */
export const openLobbies =
  (namespace: Pick<DurableObjectNamespace, 'getByName'>): Lobbies =>
  (clientId) =>
    namespace.getByName(lobbyName(clientId)) as unknown as Lobby;

/** Every Lobby of a deployment. */
export const openEveryLobby = (namespace: Pick<DurableObjectNamespace, 'getByName'>): readonly Lobby[] =>
  Array.from({ length: LOBBIES }, (_, i) => namespace.getByName(nameOfNumber(i)) as unknown as Lobby);

import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import { type Env, latchkeyFor } from '../src/assemble.ts';
import type { Settings } from '../src/config.ts';
import { fingerprintOf } from '../src/model/fingerprint.ts';
import { openKeychain } from '../src/model/keychain.ts';
import type { LobbyExchanged, Lobby as LobbyPort } from '../src/model/ports.ts';
import { inUse } from './secrets.ts';
import settings from './settings.ts';
import { Lobby } from './worker.ts';
import { atStytch, masterKeys, PROJECT, rooms } from './world.ts';

/** A client's id and secret, as its user has them. */
export interface Pair {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A pair that nobody made: of a new client, or a wrong secret of a known one. */
export const madeUpPair = (clientId = `made-up-${crypto.randomUUID()}`): Pair => {
  const clientSecret = `${crypto.randomUUID()}${crypto.randomUUID()}`;
  inUse(clientSecret);
  return { clientId, clientSecret };
};

/** A client made at Stytch and not by us. `owner` goes into its trusted metadata; null leaves it out. */
export const foreignClient = async (owner: string | null = `user-test-${crypto.randomUUID()}`) => {
  const pair = madeUpPair(`m2m-client-test-${crypto.randomUUID()}`);
  const made = await atStytch('POST', '/v1/m2m/clients', {
    client_id: pair.clientId,
    client_secret: pair.clientSecret,
    client_name: 'foreign',
    scopes: ['items:read', 'items:write'],
    trusted_metadata: owner === null ? {} : { user_id: owner },
  });
  if (!made.ok) throw new Error(`foreign client: ${made.status} ${await made.text()}`);
  return { ...pair, owner: { kind: 'user' as const, id: owner ?? '', organizationId: null } };
};

/** Another secret for a client, besides the one that it has; and the first one is dead once `finish` was called. */
export const rotated = async ({ clientId }: Pair) => {
  const path = `/v1/m2m/clients/${clientId}/secrets/rotate`;
  const started = await atStytch('POST', `${path}/start`, {});
  const { m2m_client } = (await started.json()) as { m2m_client: { next_client_secret: string } };
  inUse(m2m_client.next_client_secret);
  const finish = () => atStytch('POST', path, {});
  return { clientId, clientSecret: m2m_client.next_client_secret, finish };
};

/** From now on, Lobbies that come to life do so under the tests' file with these changes. Undo it with `mockRestore`. */
export const lobbiesUnder = (changed: Partial<Settings>, variables: object = {}) => {
  const file = latchkeyFor({ ...settings, ...changed });
  const ports = vi.spyOn(Lobby.prototype as unknown as { ports: (vars: Env) => object }, 'ports');
  const under = { ...(env as unknown as Env), ...variables } as Env;
  return ports.mockImplementation(() => file(under).lobbyPorts());
};

/** A Lobby that nobody was in yet, as the Worker sees it. */
export const newLobby = (): DurableObjectStub & LobbyPort =>
  rooms.LOBBY.getByName(`test-${crypto.randomUUID()}`) as unknown as DurableObjectStub & LobbyPort;

/** A secret by the name that everybody knows it by. */
export const secretName = async ({ clientId, clientSecret }: Pair) => {
  const { current } = await openKeychain(masterKeys());
  const fingerprint = await fingerprintOf(current, PROJECT, clientId, clientSecret);
  return { kind: 'secret', clientId, fingerprint, pepper: current.id } as const;
};

/** What a Lobby comes to, asked for a token from an address. */
export const exchangeAt = async (
  lobby: LobbyPort,
  pair: Pair,
  address: string | null = null,
): Promise<LobbyExchanged> => {
  const credential = await secretName(pair);
  const { exchanged } = await lobby.exchange({ credential, clientSecret: pair.clientSecret, address });
  return exchanged;
};

/** What a Lobby knows of a pair without asking anybody. */
export const lookAt = async (lobby: LobbyPort, pair: Pair) => {
  const { clientId, fingerprint } = await secretName(pair);
  return lobby.look({ clientId, fingerprint });
};

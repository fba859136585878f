import { waitUntil } from 'cloudflare:workers';
import type { Config, Secrets } from '../config.ts';
import { log } from '../log.ts';
import { isForeignClientId } from '../model/foreign.ts';
import { ringOfClientId } from '../model/key.ts';
import { openKeychain } from '../model/keychain.ts';
import { createTurn } from '../model/turn.ts';
import { once, sleep } from '../runtime.ts';
import { createJwksCopies } from '../store/jwks-copies.ts';
import { createVault } from '../store/vault.ts';
import { createStytch } from '../stytch/client.ts';
import { createSigningKeys } from '../stytch/jwks.ts';
import { createTokenVerifier } from '../stytch/token.ts';
import { type Env, realmOf } from './env.ts';

/** How long a request waits for another one that has the same work under way, in milliseconds. */
const TURN_PATIENCE_MS = 10_000;

/** What the Gate, the Desk, the Rings and the Lobbies have in common. */
export const openShared = (config: Config, secrets: Secrets, env: Env, now: () => number) => {
  const { projectId, apiUrl, vertical, domain, ownerClaim } = config.stytch;
  const keychain = once(() => openKeychain(secrets.masterKeys));
  const wires = {
    fetch: (url: string, init: RequestInit) => fetch(url, init),
    sleep,
    random: Math.random,
  };
  const project = { baseUrl: apiUrl, projectId, vertical, projectSecret: secrets.stytchSecret.reveal() };
  const stytch = createStytch(project, wires);
  const turn = createTurn({ now, sleep, patienceMs: TURN_PATIENCE_MS });
  const copies = createJwksCopies(env.VAULT, projectId, keychain, log);
  const keys = createSigningKeys({ fetchJwks: stytch.jwks, copies, turn, inBackground: waitUntil });
  const issuers = [`stytch.com/${projectId}`, ...(domain === null ? [] : [`https://${domain}`])];
  const realm = realmOf(config);
  const operators = new Set(config.operators);
  const isClientId = (clientId: string) =>
    operators.has(clientId) ||
    ringOfClientId(clientId, realm) !== null ||
    (config.foreignClients !== 'off' && isForeignClientId(clientId, realm));
  const verifyToken = createTokenVerifier(
    { projectId, issuers, vertical, ownerClaim, isClientId },
    keys.find,
  );
  const canVerify = () => keys.areAtHand(now());
  return { keychain, stytch, turn, verifyToken, canVerify, vault: createVault(env.VAULT, log), now };
};

export type Shared = ReturnType<typeof openShared>;

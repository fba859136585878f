import { waitUntil } from 'cloudflare:workers';
import type { Config, Secrets } from '../config.ts';
import { isForeignClientId } from '../model/foreign.ts';
import { ringOfClientId } from '../model/key.ts';
import { openKeychain } from '../model/keychain.ts';
import { createTurn } from '../model/turn.ts';
import { once, sleep } from '../runtime.ts';
import { createJwksCopies } from '../store/jwks-copies.ts';
import { createVault } from '../store/vault.ts';
import { createSigningKeys, type SigningKeysOptions } from '../stytch/jwks.ts';
import { createTokenVerifier } from '../stytch/token.ts';
import { type Env, logOf, realmOf } from './env.ts';

/** How long a request waits for another one that has the same work under way, in milliseconds. */
const TURN_PATIENCE_MS = 10_000;

/** What credentials are proven by: our keys, Stytch's, and the tokens that are kept. */
export const openTrust = (
  config: Config,
  secrets: Secrets,
  env: Env,
  now: () => number,
  fetchJwks: SigningKeysOptions['fetchJwks'],
) => {
  const { projectId, vertical, domain, ownerClaim } = config.stytch;
  const log = logOf(env);
  const keychain = once(() => openKeychain(secrets.masterKeys));
  const turn = createTurn({ now, sleep, patienceMs: TURN_PATIENCE_MS });
  const copies = createJwksCopies(env.VAULT, projectId, keychain, log);
  const keys = createSigningKeys({ fetchJwks, copies, turn, inBackground: waitUntil });
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
  const jwksFetchedAt = () => keys.fetchedAt(now());
  const readKeys = () => keys.readCopy(now());
  const vault = createVault(env.VAULT, log);
  return { keychain, turn, verifyToken, canVerify, jwksFetchedAt, readKeys, vault, now, log };
};

export type Trust = ReturnType<typeof openTrust>;

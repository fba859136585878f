import type { Config, Secrets } from '../config.ts';
import { createDesk } from '../desk/index.ts';
import type { DeskPorts } from '../desk/ports.ts';
import type { Decide } from '../gate/decide.ts';
import { bearerToken, extract, pair } from '../gate/extract.ts';
import type { Signer } from '../gate/forward/assertion.ts';
import { requestId } from '../gate/forward/headers.ts';
import { createIssueToken } from '../gate/issue-token.ts';
import { createFindOperatorToken, createIdentifyOperator } from '../gate/operator.ts';
import { createOperatorPairs } from '../gate/operator-pair.ts';
import type { DecisionPorts } from '../gate/ports.ts';
import { textOf } from '../gate/presented.ts';
import { createWhose } from '../gate/whose.ts';
import { log } from '../log.ts';
import { isForeignClientId } from '../model/foreign.ts';
import { ANONYMOUS, type Owner } from '../model/identity.ts';
import { ringOfClientId, ringOfOwner } from '../model/key.ts';
import { CREDENTIAL_KINDS } from '../model/policy.ts';
import { type ReachPorts, reach } from '../model/reach.ts';
import { ok } from '../model/refusal.ts';
import { openLobbies, openReconciler } from '../ring/lobby-name.ts';
import { randomId } from '../runtime.ts';
import { createThrottle } from '../store/throttle.ts';
import { deskDevices } from './desk-devices.ts';
import { deskReconciler } from './desk-reconciler.ts';
import { deskRing } from './desk-ring.ts';
import { deskWebhooks, LOBBY_DEADLINE_MS } from './desk-webhooks.ts';
import { type Env, realmOf, ringsOf, selfServiceScopes } from './env.ts';
import { createHeadSigner } from './head-signer.ts';
import { openPortal } from './portal.ts';
import type { Shared } from './shared.ts';

/** What the Desk has in common with the Gate. */
interface DeskSetting {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly shared: Shared;
  readonly env: Env;
  readonly decide: Decide;
  readonly decisionPorts: DecisionPorts;
  readonly scopesOfRoles: (roles: readonly string[]) => readonly string[];
  readonly signer: Signer;
  readonly reachPorts: ReachPorts;
}

/** The Desk of one isolate, for programs and for people. */
export const openDesk = (setting: DeskSetting) => {
  const { config, secrets, shared, env, decide, decisionPorts, scopesOfRoles, signer, reachPorts } = setting;
  const { now } = shared;
  const rings = ringsOf(env);
  const lobbies = openLobbies(env.LOBBY);
  const realm = realmOf(config);
  const projectId = config.stytch.projectId;
  const grantable: DeskPorts['grantable'] = (roles) =>
    scopesOfRoles(roles).filter((scope) => config.scopes.get(scope)?.selfService === true);
  const ringOf: DeskPorts['ringOf'] = async (owner) => {
    const name = await ringOfOwner(projectId, owner);
    return deskRing(name, rings(name), reachPorts);
  };
  const operatorPorts = { verifyToken: shared.verifyToken, now, operators: new Set(config.operators) };
  const operators = createOperatorPairs(decisionPorts, operatorPorts.operators);
  const ports: DeskPorts = {
    ...{ deskUrl: config.deskUrl, audience: config.origin.id, projectId, realm },
    largestLeaseSeconds: config.largestLeaseSeconds + config.ringGraceSeconds,
    largestCost: Math.max(1, ...config.routes.map(({ cost }) => cost)),
    extract: (inbound) => extract(inbound, realm),
    tokenOf: (text) => bearerToken(text, realm),
    pairOf: (clientId, clientSecret) => pair(clientId, clientSecret, realm),
    selfServiceScopes: selfServiceScopes(config),
    maxAuthAgeSeconds: config.desk.maxAuthAgeSeconds,
    identify: async (credential, { kinds, maxAuthAgeSeconds, unrevoked }, trace, from) => {
      const demand = {
        auth: 'required',
        ...{ credentials: kinds, maxAuthAgeSeconds },
        scopes: [],
        cost: 0,
        leaseSeconds: config.leaseSeconds,
      } as const;
      const bySignature = () =>
        decide(credential, { ...demand, sessionsBySignature: true }, now(), trace, from);
      if (unrevoked !== true) return bySignature();
      const decided = await decide(credential, demand, now(), trace, from);
      // That it is not revoked is said with that, too (ring/requests/standing.ts).
      return !decided.ok && decided.refusal.reason === 'owner_suspended' ? bySignature() : decided;
    },
    inquire: async (credential, trace) => {
      const demand = {
        auth: 'required',
        ...{ credentials: CREDENTIAL_KINDS, maxAuthAgeSeconds: null },
        ...{ scopes: [], cost: 0, leaseSeconds: 0 },
        isInquiry: true,
      } as const;
      return decide(credential, demand, now(), trace, null);
    },
    whose: createWhose(decisionPorts),
    forgetTokens: (clientId, revoked) =>
      reach(reachPorts, lobbies(clientId).forgetTokens(clientId, revoked), LOBBY_DEADLINE_MS),
    findOperatorToken: createFindOperatorToken(operatorPorts),
    issueToken: createIssueToken({
      ...{ ports: decisionPorts, decide, operators, leaseSeconds: config.leaseSeconds },
    }),
    authenticateOperator: async (credential, trace, from) => {
      const presented = { credential, text: textOf(credential), from, isNew: true, isUse: true };
      return (await operators.authenticate(presented, trace)) ?? ok(null);
    },
    ...{ grantable, ringOf },
    ringOfKey: (clientId) => {
      const ring = ringOfClientId(clientId, realm);
      return ring === null ? null : deskRing(ring, rings(ring), reachPorts);
    },
    reconciler: deskReconciler(() => openReconciler(env.LOBBY), reachPorts),
    // Of a client that was made elsewhere, the id does not say whose it is: each Ring knows its own.
    isOwn: async (owner: Owner, keyId) =>
      isForeignClientId(keyId, realm) ||
      ringOfClientId(keyId, realm) === (await ringOfOwner(projectId, owner)),
    identifyOperator: createIdentifyOperator(operatorPorts),
    organizationRoles: config.desk.organizationRoles,
    everyScope: [...config.scopes.keys()],
    ...deskDevices({
      ...{ projectId, keychain: shared.keychain, grantable, ringOf, now, reachPorts },
      ...{ lobbies: openLobbies(env.LOBBY), stytch: shared.stytch, vertical: config.stytch.vertical },
      ...{ deviceClients: config.deviceClients, keysPerUser: config.limits.keysPerUser },
    }),
    keychain: shared.keychain,
    signHead: createHeadSigner(secrets.assertionJwks, config.deskUrl),
    assertionJwks: signer.publicJwks,
    readiness: async () => ({
      signing_keys: await shared.canVerify(),
      assertion_keys: await canSign(signer, now()),
      kv: await canRead(env.VAULT),
    }),
    throttle: createThrottle(env.STRANGERS, 'desk', log),
    ...deskWebhooks({
      stytchWebhookSecret: secrets.stytchWebhookSecret,
      lobbies,
      fetch: (url, init) => fetch(url, init),
      ...{ now, turn: shared.turn, reachPorts },
    }),
    requestId: (inbound) => requestId(inbound, randomId),
    ...{ now, log },
  };
  return { desk: createDesk(ports), portal: openPortal(config, shared, ports) };
};

/** A private key that does not fit its public half shows when it is imported. */
const canSign = async (signer: Signer, at: number): Promise<boolean> => {
  try {
    await signer.sign(ANONYMOUS, at);
    return true;
  } catch {
    return false;
  }
};

const canRead = async (kv: KVNamespace): Promise<boolean> => {
  try {
    await kv.get('readiness');
    return true;
  } catch {
    return false;
  }
};

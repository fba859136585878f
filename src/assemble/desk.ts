import type { Config, Secrets } from '../config.ts';
import { createDesk } from '../desk/index.ts';
import type { DeskPorts } from '../desk/ports.ts';
import { type Decide, FREE } from '../gate/decide.ts';
import { extract } from '../gate/extract.ts';
import type { Signer } from '../gate/forward/assertion.ts';
import { requestId } from '../gate/forward/headers.ts';
import type { DecisionPorts } from '../gate/ports.ts';
import { queryRefusal, sliceUrl } from '../gate/target.ts';
import type { ReachPorts } from '../model/reach.ts';
import { openEveryLobby, openLobbies, openReconciler } from '../ring/lobby-name.ts';
import { randomId } from '../runtime.ts';
import { createThrottle } from '../store/throttle.ts';
import { deskDevices } from './desk-devices.ts';
import { deskOAuth } from './desk-oauth.ts';
import { deskReadiness } from './desk-readiness.ts';
import { deskReconciler } from './desk-reconciler.ts';
import { deskRings } from './desk-rings.ts';
import { deskTokens } from './desk-tokens.ts';
import { deskWebhooks } from './desk-webhooks.ts';
import { type Env, realmOf, ringsOf } from './env.ts';
import { createHeadSigner } from './head-signer.ts';
import { openHealth } from './health.ts';
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
  const { config, shared } = setting;
  const ports = portsOf(setting);
  const health = openHealth({ ...setting, ...ports });
  return { desk: createDesk(ports), portal: openPortal(config, shared, ports, health), health };
};

const portsOf = (setting: DeskSetting): DeskPorts => {
  const { config, secrets, shared, env, decide, decisionPorts, scopesOfRoles, signer, reachPorts } = setting;
  const { now, log, keychain, stytch, turn, canVerify } = shared;
  const { projectId, vertical } = config.stytch;
  const realm = realmOf(config);
  const forbiddenQuery = new Set(config.forbiddenQuery);
  const lobbies = openLobbies(env.LOBBY);
  const rings = deskRings({ projectId, realm, rings: ringsOf(env), reachPorts });
  const grantable: DeskPorts['grantable'] = (roles) =>
    scopesOfRoles(roles).filter((scope) => config.scopes.get(scope)?.selfService === true);
  return {
    ...{ deskUrl: config.deskUrl, projectId, realm, keychain, grantable, now, log },
    ...rings,
    ...deskOAuth(config, decide, decisionPorts),
    ...deskDevices({
      ...{ projectId, keychain, grantable, ringOf: rings.ringOf, now, reachPorts, lobbies, stytch, vertical },
      ...{ deviceClients: config.deviceClients, keysPerUser: config.limits.keysPerUser },
    }),
    ...deskWebhooks({
      stytchWebhookSecret: secrets.stytchWebhookSecret,
      fetch: (url, init) => fetch(url, init),
      ...{ lobbies, now, turn, reachPorts },
    }),
    largestLeaseSeconds: config.largestLeaseSeconds + config.ringGraceSeconds,
    largestCost: Math.max(1, ...config.routes.map(({ cost }) => cost)),
    extract: (inbound) => extract(inbound, realm),
    urlRefusal: (url) => queryRefusal(sliceUrl(url).query, { forbiddenQuery }, false),
    maxAuthAgeSeconds: config.desk.maxAuthAgeSeconds,
    identify: async (credential, { kinds, maxAuthAgeSeconds }, trace, from) => {
      const { leaseSeconds } = config;
      const asked = {
        credentials: kinds,
        maxAuthAgeSeconds,
        leaseSeconds,
        sessionsBySignature: true,
      } as const;
      return decide(credential, { ...FREE, ...asked }, now(), trace, from);
    },
    organizationRoles: config.desk.organizationRoles,
    origins: new Set(config.desk.origins),
    everyScope: [...config.scopes.keys()],
    reconciler: deskReconciler(() => openReconciler(env.LOBBY), reachPorts),
    tokens: deskTokens(() => openEveryLobby(env.LOBBY), reachPorts),
    signHead: createHeadSigner(secrets.assertionJwks, config.deskUrl),
    assertionJwks: signer.publicJwks,
    readiness: deskReadiness({ canVerify, signer, vault: env.VAULT, now }),
    throttle: createThrottle(env.STRANGERS, 'desk', log),
    requestId: (inbound) => requestId(inbound, randomId),
  };
};

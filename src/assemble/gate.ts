import { waitUntil } from 'cloudflare:workers';
import type { AppPorts } from '../app.ts';
import type { Config, Secrets } from '../config.ts';
import { createDecide } from '../gate/decide.ts';
import { createDecisionEndpoint, type DecisionEndpointPorts } from '../gate/decision/index.ts';
import { createProof } from '../gate/decision/proof.ts';
import { createSigner } from '../gate/forward/assertion.ts';
import { createHeaderRules } from '../gate/forward/headers.ts';
import { createForward } from '../gate/forward/index.ts';
import { createIntroduce } from '../gate/forward/introduce.ts';
import { createOrigins } from '../gate/forward/origins.ts';
import { createGate } from '../gate/index.ts';
import { createCors } from '../gate/own/cors.ts';
import { createResourceMetadata } from '../gate/own/metadata.ts';
import { createStillGood } from '../gate/still-good.ts';
import { type Evidence, purseName } from '../model/evidence.ts';
import { fields, silence } from '../model/lease.ts';
import type { Policy } from '../model/policy.ts';
import { openLobbies } from '../ring/lobby-name.ts';
import { randomHex, randomId, sleep } from '../runtime.ts';
import { createMemory } from '../store/memory.ts';
import { createThrottle } from '../store/throttle.ts';
import { type Env, fetchOf, realmOf, ringsOf, selfServiceScopes } from './env.ts';
import { recording } from './recording.ts';
import type { Trust } from './trust.ts';

/** The Gate of one isolate: all that a request to an API host runs, and what the Desk shares of it. */
export const openGate = (config: Config, policy: Policy, secrets: Secrets, trust: Trust, env: Env) => {
  const { now, log } = trust;
  const rings = ringsOf(env);
  const realm = realmOf(config);
  const memory = createMemory({
    isolate: randomId(),
    leaseMs: config.leaseSeconds * 1000,
    graceMs: config.ringGraceSeconds * 1000,
    newLeaseId: randomId,
    now,
    giveBack: (ring, reports, uses) => waitUntil(rings(ring).settle(reports, uses)),
  });
  const scopesOfRoles = (roles: readonly string[]) => [
    ...new Set(roles.flatMap((role) => config.roles.get(role) ?? [])),
  ];
  const reachPorts = { sleep, inBackground: waitUntil, log };
  const decisionPorts = {
    projectId: config.stytch.projectId,
    ...{ realm, rings, memory, scopesOfRoles, ...reachPorts },
    lobbies: openLobbies(env.LOBBY),
    foreignClients: config.foreignClients,
    ownerlessClients: config.ownerlessClients,
    throttle: createThrottle(env.STRANGERS, 'pair', log),
    ...{ keychain: trust.keychain, vault: trust.vault, turn: trust.turn },
    ...{ verifyToken: trust.verifyToken, readKeys: trust.readKeys },
    ...{ now, random: Math.random },
  };
  const decide = createDecide(decisionPorts);

  const signerFor = (audience: string) =>
    createSigner({ jwks: secrets.assertionJwks, issuer: config.deskUrl, audience, random: randomId });
  const origins = createOrigins({
    ...{ main: config.origin, routes: policy.routes, signer: signerFor },
    headers: (keepCookies) =>
      createHeaderRules({
        prefix: config.headerPrefix,
        forwardCookies: keepCookies,
        stripPrefixes: config.stripPrefixes,
        variesByOrigin: config.cors.origins.length > 0,
      }),
    fetch: (url, init) => fetch(url, init),
    binding: (name) => fetchOf(env, name),
  });
  const { signer } = origins.main;
  const introduce = createIntroduce(now);
  const forward = createForward({ origins, introduce, now, sleep, log, loopId: config.hosts.desk });

  const entering = {
    targets: { hosts: new Set(config.hosts.api), pathParams: config.pathParams },
    queries: { forbiddenQuery: new Set(config.forbiddenQuery) },
    ...{ policy, realm, decide, log, now, newRequestId: randomId },
    ...rimOf(config, policy),
    throttle: createThrottle(env.STRANGERS, 'api', log),
    levels: (evidence: Evidence, at: number) => fields(memory.purse(evidence.ring, purseName(evidence)), at),
    ...{ loopId: config.hosts.desk, deskUrl: config.deskUrl, audience: config.origin.id },
    tracing: { mode: config.traceContext, randomHex, recording },
    sampling: { ...config.log, random: Math.random },
  };
  const gate = createGate({
    ...{ ...entering, forward, graceMs: config.ringGraceSeconds * 1000 },
    stillGood: createStillGood(
      decide,
      now,
      (evidence) => silence(memory.purse(evidence.ring, purseName(evidence)), now())?.until ?? null,
    ),
  });
  const decision = decisionOf(config, secrets, { ...entering, origins, introduce });
  return { gate, decision, decide, decisionPorts, scopesOfRoles, signer, reachPorts };
};

/** The Gate's decision for other proxies, where the operator has some: nobody else is told anything. */
const decisionOf = (
  { decision, headerPrefix: prefix, stripPrefixes }: Config,
  { decisionSecret }: Secrets,
  ports: Omit<DecisionEndpointPorts, 'rules' | 'isProven'>,
): AppPorts['decision'] => {
  if (decision === null || decisionSecret === null) return async () => null;
  const isProven = createProof(decisionSecret.reveal().split(' '));
  return createDecisionEndpoint({ ...ports, rules: { ...decision, prefix, stripPrefixes }, isProven });
};

/** What the Gate answers by itself. */
const rimOf = (config: Config, policy: Policy) => ({
  metadata: createResourceMetadata({
    ...{ urls: config.apiUrls, pathParams: config.pathParams, deskUrl: config.deskUrl, policy },
    // What a client can ask for: the others are given by operators, and named by the refusal that wants them.
    scopes: selfServiceScopes(config),
  }),
  cors: createCors({
    ...{ origins: new Set(config.cors.origins), policy },
    exposed: [`${config.headerPrefix}-Source`],
  }),
});

import { waitUntil } from 'cloudflare:workers';
import { createApp, unconfigured } from './app.ts';
import { deskReconciler } from './assemble/desk-reconciler.ts';
import { deskRing } from './assemble/desk-ring.ts';
import { deskWebhooks } from './assemble/desk-webhooks.ts';
import { createHeadSigner } from './assemble/head-signer.ts';
import { type Config, readConfig, type Secrets, type Settings } from './config.ts';
import { createDesk } from './desk/index.ts';
import { createDecide } from './gate/decide.ts';
import { extract } from './gate/extract.ts';
import { createSigner, type Signer } from './gate/forward/assertion.ts';
import { createHeaderRules, requestId } from './gate/forward/headers.ts';
import { createForward } from './gate/forward/index.ts';
import { bindingsNamed, createOrigins, type Fetch } from './gate/forward/origins.ts';
import { createGate } from './gate/index.ts';
import { createIdentifyOperator } from './gate/operator.ts';
import { createCors } from './gate/own/cors.ts';
import { createResourceMetadata } from './gate/own/metadata.ts';
import { createStillGood } from './gate/still-good.ts';
import { sliceUrl } from './gate/target.ts';
import { log } from './log.ts';
import { purseName } from './model/evidence.ts';
import { isForeignClientId } from './model/foreign.ts';
import { ANONYMOUS, type Owner } from './model/identity.ts';
import { ringOfClientId, ringOfOwner } from './model/key.ts';
import { openKeychain } from './model/keychain.ts';
import { fields, silence } from './model/lease.ts';
import type { Policy } from './model/policy.ts';
import type { DeliverEvent, Ring, Rings } from './model/ports.ts';
import { createTurn } from './model/turn.ts';
import type { LobbyPorts } from './ring/lobby/parts.ts';
import { openLobbies, openReconciler } from './ring/lobby-name.ts';
import type { RingPorts } from './ring/parts.ts';
import { clock, knowsNoStore, once, randomBytes, randomId, sleep } from './runtime.ts';
import { createJwksCopies } from './store/jwks-copies.ts';
import { createMemory } from './store/memory.ts';
import { createThrottle, type RateLimiter } from './store/throttle.ts';
import { createVault } from './store/vault.ts';
import { createStytch } from './stytch/client.ts';
import { createSigningKeys } from './stytch/jwks.ts';
import { createTokenVerifier } from './stytch/token.ts';
import { createDeliver, deliverNowhere } from './webhooks/deliver.ts';

/** What the Worker is bound to. Variables and secrets are read by `readConfig`, by name. */
export interface Env {
  readonly VAULT: KVNamespace;
  readonly KEY_RING: DurableObjectNamespace;
  readonly STRANGERS: RateLimiter;
  readonly LOBBY: DurableObjectNamespace;
  readonly [variable: string]: unknown;
}

/** One isolate's Latchkey, made from its environment at the first request. */
export interface Latchkey {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Throws when the configuration is not valid: an alarm is then put off. */
  readonly ringPorts: () => RingPorts;
  /** Throws as `ringPorts` does. */
  readonly lobbyPorts: () => LobbyPorts;
  /** What is done once a day (wrangler.toml, `[triggers]`). */
  readonly scheduled: () => Promise<void>;
}

/** How long a request waits for another one that has the same work under way, in milliseconds. */
const TURN_PATIENCE_MS = 10_000;

/** A day, and the daily reconciliation with some time to run in; milliseconds. */
const DAY_MS = 86_400_000;
const CONFIRM_MS = DAY_MS + 7_200_000;

/** The Latchkey of an environment, and so of an isolate: assembled once. */
export const latchkeyFor = (settings: Settings): ((env: Env) => Latchkey) => {
  const assembled = new WeakMap<Env, Latchkey>();
  return (env) => {
    const known = assembled.get(env);
    if (known !== undefined) return known;
    const latchkey = assemble(settings, env);
    assembled.set(env, latchkey);
    return latchkey;
  };
};

/** Puts Latchkey together: environment → configuration → ports → app. The one place where a binding is named. */
const assemble = (settings: Settings, env: Env): Latchkey => {
  const read = readConfig(settings, env);
  const named = read.ok ? bindingsNamed(read.config.origin.place, read.policy.routes) : [];
  const problems = [...(read.ok ? [] : read.problems), ...platformProblems(env, named)];
  if (!read.ok || problems.length > 0) {
    log({ event: 'misconfigured', problems: problems.join('; ') });
    const throwInvalid = () => {
      throw new Error('the configuration is not valid');
    };
    return {
      fetch: async () => unconfigured(problems, randomId(), log),
      ringPorts: throwInvalid,
      lobbyPorts: throwInvalid,
      // What was wrong was logged; the next day's comes.
      scheduled: async () => {},
    };
  }
  for (const warning of read.warnings) log({ event: 'warning', warning });
  const { config, policy, secrets } = read;
  const now = clock(config.clockOffsetSeconds * 1000);
  const shared = openShared(config, secrets, env, now);
  return {
    fetch: openApp(config, policy, secrets, shared, env),
    ringPorts: () => ({
      rules: {
        projectId: config.stytch.projectId,
        environment: config.environment,
        brand: config.brand,
        plan: config.limits.default,
        plans: config.limits.plans,
        keysPerUser: config.limits.keysPerUser,
        leaseSeconds: config.leaseSeconds,
        stytchGraceSeconds: config.stytchGraceSeconds,
        ownerClaim: config.stytch.ownerClaim,
        realm: realmOf(config),
        foreignClients: config.foreignClients,
        operators: new Set(config.operators),
        auditMs: config.auditDays * DAY_MS,
        confirmMs: CONFIRM_MS,
        events:
          config.events === null
            ? null
            : {
                expiringMs: config.events.expiringDays * DAY_MS,
                unusedMs: config.events.unusedDays * DAY_MS,
              },
      },
      ...shared,
      lobbies: openLobbies(env.LOBBY),
      newId: randomId,
      deliver: deliverFor(config, secrets, now),
      randomBytes,
      log,
    }),
    lobbyPorts: () => ({
      rules: {
        projectId: config.stytch.projectId,
        realm: realmOf(config),
        foreignClients: config.foreignClients,
        ownerlessClients: config.ownerlessClients,
        stytchGraceSeconds: config.stytchGraceSeconds,
        ownerClaim: config.stytch.ownerClaim,
      },
      ...shared,
      rings: ringsOf(env),
      lobbies: openLobbies(env.LOBBY),
      newId: randomId,
      randomBytes,
      log,
    }),
    scheduled: async () => {
      const request = { dryRun: false, by: null, maxOrphans: null };
      const started = await openReconciler(env.LOBBY).startReconciliation(request);
      if (!started.ok)
        log({ event: 'reconciliation', outcome: 'not begun', because: started.refusal.reason });
    },
  };
};

const ringsOf =
  (env: Env): Rings =>
  (ring) =>
    env.KEY_RING.getByName(ring) as unknown as Ring;

/** The way to the operator's URL, if he has named one. */
const deliverFor = ({ events }: Config, { eventsSecret }: Secrets, now: () => number): DeliverEvent =>
  events === null || eventsSecret === null
    ? deliverNowhere
    : createDeliver({
        ...{ url: events.url, secret: eventsSecret.reveal(), now },
        fetch: (url, init) => fetch(url, init),
      });

const platformProblems = (env: Env, named: ReturnType<typeof bindingsNamed>): readonly string[] => [
  ...(knowsNoStore() ? [] : ["compatibility_date: fetch does not know cache: 'no-store'"]),
  ...(env.VAULT === undefined ? ['VAULT: the KV namespace is not bound'] : []),
  ...(env.KEY_RING === undefined ? ['KEY_RING: the Durable Object is not bound'] : []),
  ...(env.LOBBY === undefined ? ['LOBBY: the Durable Object is not bound'] : []),
  ...(env.STRANGERS === undefined ? ['STRANGERS: the rate limit is not bound'] : []),
  ...named.flatMap(({ name, setting }) =>
    serviceOf(env, name) === null ? [`${setting}: the service binding ${name} is not bound`] : [],
  ),
];

/** Another Worker, by the name of its binding; null if there is none of that name. */
const serviceOf = (env: Env, name: string): Fetcher | null => {
  const bound = env[name] as Partial<Fetcher> | undefined;
  return typeof bound?.fetch === 'function' ? (bound as Fetcher) : null;
};

const fetchOf = (env: Env, name: string): Fetch => {
  const service = serviceOf(env, name);
  if (service === null) throw new Error(`the service binding ${name} is not bound`);
  // The types of a binding's answer and of the runtime's own differ in name only.
  return (url, init) => service.fetch(url, init) as Promise<Response>;
};

/** What the Gate, the Desk, the Rings and the Lobbies have in common. */
const openShared = (config: Config, secrets: Secrets, env: Env, now: () => number) => {
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
  const copies = createJwksCopies(env.VAULT, projectId, keychain);
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
  return { keychain, stytch, turn, verifyToken, canVerify, vault: createVault(env.VAULT), now };
};

type Shared = ReturnType<typeof openShared>;

const openApp = (
  config: Config,
  policy: Policy,
  secrets: Secrets,
  shared: Shared,
  env: Env,
): Latchkey['fetch'] => {
  const { now } = shared;
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
  const decide = createDecide({
    projectId: config.stytch.projectId,
    ...{ realm, rings, memory, scopesOfRoles, ...reachPorts },
    lobbies: openLobbies(env.LOBBY),
    foreignClients: config.foreignClients,
    ownerlessClients: config.ownerlessClients,
    throttle: createThrottle(env.STRANGERS, 'pair', log),
    ...{ keychain: shared.keychain, vault: shared.vault, verifyToken: shared.verifyToken, turn: shared.turn },
    ...{ now, random: Math.random },
  });

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
  const forward = createForward({ origins, now, sleep, log, loopId: config.hosts.desk });

  const gate = createGate({
    targets: { hosts: new Set(config.hosts.api), pathParams: config.pathParams },
    queries: { forbiddenQuery: new Set(config.forbiddenQuery) },
    ...{ policy, realm, decide, forward, log, now, newRequestId: randomId },
    ...rimOf(config, policy),
    throttle: createThrottle(env.STRANGERS, 'api', log),
    stillGood: createStillGood(
      decide,
      now,
      (evidence) => silence(memory.purse(evidence.ring, purseName(evidence)), now())?.until ?? null,
    ),
    graceMs: config.ringGraceSeconds * 1000,
    levels: (evidence, at) => fields(memory.purse(evidence.ring, purseName(evidence)), at),
    ...{ loopId: config.hosts.desk, deskUrl: config.deskUrl, audience: config.origin.id },
  });

  const projectId = config.stytch.projectId;
  const desk = createDesk({
    ...{ deskUrl: config.deskUrl, projectId, realm },
    largestLeaseSeconds: config.largestLeaseSeconds + config.ringGraceSeconds,
    largestCost: Math.max(1, ...config.routes.map(({ cost }) => cost)),
    extract: (inbound) => extract(inbound, realm),
    maxAuthAgeSeconds: config.desk.maxAuthAgeSeconds,
    identify: async (credential, { kinds, maxAuthAgeSeconds }, trace, from) => {
      const demand = {
        auth: 'required',
        ...{ credentials: kinds, maxAuthAgeSeconds },
        scopes: [],
        cost: 0,
        leaseSeconds: config.leaseSeconds,
        sessionsBySignature: true,
      } as const;
      return decide(credential, demand, now(), trace, from);
    },
    grantable: (roles) =>
      scopesOfRoles(roles).filter((scope) => config.scopes.get(scope)?.selfService === true),
    ringOf: async (owner) => {
      const name = await ringOfOwner(projectId, owner);
      return deskRing(name, rings(name), reachPorts);
    },
    ringOfKey: (clientId) => {
      const ring = ringOfClientId(clientId, realm);
      return ring === null ? null : deskRing(ring, rings(ring), reachPorts);
    },
    reconciler: deskReconciler(() => openReconciler(env.LOBBY), reachPorts),
    // Of a client that was made elsewhere, the id does not say whose it is: each Ring knows its own.
    isOwn: async (owner: Owner, keyId) =>
      isForeignClientId(keyId, realm) ||
      ringOfClientId(keyId, realm) === (await ringOfOwner(projectId, owner)),
    identifyOperator: createIdentifyOperator({
      ...{ verifyToken: shared.verifyToken, now },
      operators: new Set(config.operators),
    }),
    organizationRoles: config.desk.organizationRoles,
    everyScope: [...config.scopes.keys()],
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
      lobbies: openLobbies(env.LOBBY),
      fetch: (url, init) => fetch(url, init),
      ...{ now, turn: shared.turn, reachPorts },
    }),
    requestId: (inbound) => requestId(inbound, randomId),
    ...{ now, log },
  });

  return createApp({
    deskHost: config.hosts.desk,
    deskUrl: config.deskUrl,
    hostOf: (url) => sliceUrl(url).host,
    ...{ desk, gate, newRequestId: randomId, log },
  });
};

/** What the Gate answers by itself. */
const rimOf = ({ apiUrls, cors, deskUrl, headerPrefix, pathParams, scopes }: Config, policy: Policy) => ({
  metadata: createResourceMetadata({
    ...{ urls: apiUrls, pathParams, deskUrl, policy },
    // What a client can ask for: the others are given by operators, and named by the refusal that wants them.
    scopes: [...scopes].flatMap(([name, { selfService }]) => (selfService ? [name] : [])),
  }),
  cors: createCors({ origins: new Set(cors.origins), policy, exposed: [`${headerPrefix}-Source`] }),
});

const realmOf = ({ brand, formerBrands, environment }: Config) => ({
  brands: [brand, ...formerBrands],
  environment,
});

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

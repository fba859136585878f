import type { Config, Secrets } from '../config.ts';
import type { DeliverEvent } from '../model/ports.ts';
import type { LobbyPorts } from '../ring/lobby/parts.ts';
import { openLobbies } from '../ring/lobby-name.ts';
import type { RingPorts } from '../ring/parts.ts';
import { randomBytes, randomId } from '../runtime.ts';
import { createDeliver, deliverNowhere } from '../webhooks/deliver.ts';
import { type Env, realmOf, ringsOf } from './env.ts';
import type { Shared } from './shared.ts';

/** A day, and the daily reconciliation with some time to run in; milliseconds. */
const DAY_MS = 86_400_000;
const CONFIRM_MS = DAY_MS + 7_200_000;

/** The world of a Ring. */
export const ringPortsOf = (config: Config, secrets: Secrets, shared: Shared, env: Env): RingPorts => ({
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
  deliver: deliverFor(config, secrets, shared.now),
  randomBytes,
});

/** The world of a Lobby. */
export const lobbyPortsOf = (config: Config, shared: Shared, env: Env): LobbyPorts => ({
  rules: {
    projectId: config.stytch.projectId,
    realm: realmOf(config),
    foreignClients: config.foreignClients,
    ownerlessClients: config.ownerlessClients,
    operators: new Set(config.operators),
    stytchGraceSeconds: config.stytchGraceSeconds,
    ownerClaim: config.stytch.ownerClaim,
  },
  ...shared,
  rings: ringsOf(env),
  lobbies: openLobbies(env.LOBBY),
  newId: randomId,
  randomBytes,
});

/** The way to the operator's URL, if he has named one. */
const deliverFor = ({ events }: Config, { eventsSecret }: Secrets, now: () => number): DeliverEvent =>
  events === null || eventsSecret === null
    ? deliverNowhere
    : createDeliver({
        ...{ url: events.url, secret: eventsSecret.reveal(), now },
        fetch: (url, init) => fetch(url, init),
      });

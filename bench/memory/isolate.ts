import { randomBytes } from 'node:crypto';
import { createDecide } from '../../src/gate/decide.ts';
import { createIntroduce } from '../../src/gate/forward/introduce.ts';
import type { Origin } from '../../src/gate/forward/origins.ts';
import type { Passage } from '../../src/gate/forward/passage.ts';
import type { DecisionPorts } from '../../src/gate/ports.ts';
import type { Credential } from '../../src/model/credential.ts';
import type { Ring, VerifyToken } from '../../src/model/ports.ts';
import type { Refusal } from '../../src/model/refusal.ts';
import { secret } from '../../src/model/secret.ts';
import { newTrace } from '../../src/model/trace.ts';
import { createTurn } from '../../src/model/turn.ts';
import { randomId } from '../../src/runtime.ts';
import { createMemory } from '../../src/store/memory.ts';
import type { Clock } from './clock.ts';
import { openSharedKeychain, PROJECT, REALM, SCOPES } from './owners.ts';
import type { RingsSide } from './rings.ts';

/** One isolate with all that it keeps: decisions, leases, assertions. */
export interface Isolate {
  /** Lets a key in and introduces its owner, as the Gate does. Throws when a good key is refused. */
  serve(key: string): Promise<void>;
  /** The same of a JWT; whether it was let in. */
  present(jwt: string): Promise<boolean>;
  /** Work that goes on after its request was answered. */
  background(): Promise<unknown>;
}

const LEASE_MS = 5_000;

/** As many bytes as an assertion has, written in base64url. */
const ASSERTION_BYTES = 525;

const DEMAND = {
  auth: 'required',
  credentials: ['api_key', 'access_token', 'session'],
  scopes: ['items:read'],
  cost: 1,
  maxAuthAgeSeconds: null,
  leaseSeconds: LEASE_MS / 1000,
} as const;

export const openIsolate = async (
  rings: RingsSide,
  clock: Clock,
  graceMs: number,
  verifyToken: VerifyToken = tokenOfRings,
): Promise<Isolate> => {
  const keychain = await openSharedKeychain();
  const underWay = new Set<Promise<unknown>>();
  const inBackground = (work: Promise<unknown>): void => {
    const done = work.finally(() => underWay.delete(done));
    underWay.add(done);
  };
  const { now, sleep } = clock;
  const memory = createMemory({
    ...{ isolate: randomId(), leaseMs: LEASE_MS, graceMs, newLeaseId: randomId, now },
    giveBack: (ring, reports) => inBackground(rings.settle(ring, reports, now())),
  });
  const ports: DecisionPorts = {
    ...{ projectId: PROJECT, realm: REALM, keychain: async () => keychain, memory },
    // Neither KV nor any other credential is of this run.
    vault: { get: async () => null, put: async () => undefined, forget: async () => undefined },
    ...{ foreignClients: 'off', ownerlessClients: 'refused', scopesOfRoles: (roles) => roles },
    lobbies: () => {
      throw new Error('only keys are presented');
    },
    throttle: async () => true,
    rings: (ring) =>
      ({
        admit: (request) => rings.admit(ring, request, now()),
        exchange: ({ credential }) => rings.exchange(credential.clientId, now()),
      }) satisfies Pick<Ring, 'admit' | 'exchange'> as unknown as Ring,
    verifyToken,
    readKeys: async () => null,
    turn: createTurn({ now, sleep, patienceMs: 10_000 }),
    ...{ now, sleep, random: Math.random, inBackground, log: () => undefined },
  };
  const decide = createDecide(ports);
  const introduce = createIntroduce(now);

  const pass = async (credential: Credential): Promise<Refusal | null> => {
    const decided = await decide(credential, DEMAND, now(), newTrace(), null);
    if (!decided.ok) return decided.refusal;
    const { identity, evidence } = decided.value;
    await introduce({ ...PASSAGE, identity, evidence } as Passage, ORIGIN, 'https://origin.test');
    return null;
  };

  return {
    serve: async (key) => {
      const refusal = await pass({ kind: 'key', auth: 'api_key', scheme: 'bearer', key: secret(key) });
      if (refusal !== null) throw new Error(`a good key was refused: ${refusal.reason}`);
    },
    present: async (jwt) => (await pass({ kind: 'jwt', scheme: 'bearer', jwt: secret(jwt) })) === null,
    background: () => Promise.all(underWay),
  };
};

/** The token of the Rings' side says whose it is; what Stytch signs is looked at elsewhere. */
const tokenOfRings: VerifyToken = async (jwt, now) => {
  const [clientId = '', ownerId = ''] = jwt.split(' ');
  const issuedAt = Math.floor(now / 1000);
  const token = { clientId, ownerId, scopes: SCOPES, issuedAt, expiresAt: issuedAt + 3_600 };
  return { verdict: 'good', token: { kind: 'm2m', organizationId: null, ...token } };
};

const PASSAGE = { route: {}, target: { host: 'api.test', protocol: 'https' } } as unknown as Passage;

const ORIGIN = {
  audience: 'acme-api',
  signer: { sign: async () => randomBytes(ASSERTION_BYTES).toString('base64url') },
  headers: { prefix: 'X-Latchkey' },
} as unknown as Origin;

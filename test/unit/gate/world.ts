import { createDecide, type Decision, type Demand } from '../../../src/gate/decide.ts';
import type { DecisionPorts } from '../../../src/gate/ports.ts';
import type {
  Credential,
  JwtCredential,
  KeyCredential,
  PairCredential,
} from '../../../src/model/credential.ts';
import type { ForeignClients, OwnerlessClients } from '../../../src/model/foreign.ts';
import type { Owner } from '../../../src/model/identity.ts';
import { mintClientId, mintSecret, ringOfOwner, spellKey } from '../../../src/model/key.ts';
import { openMeter } from '../../../src/model/meter.ts';
import type {
  Admission,
  AdmitRequest,
  CredentialName,
  Exchanged,
  Lobby,
  LobbyExchanged,
  LobbyExchangeRequest,
  Ring,
  Standing,
} from '../../../src/model/ports.ts';
import type { Result } from '../../../src/model/refusal.ts';
import { secret } from '../../../src/model/secret.ts';
import type { SessionToken, TokenVerdict } from '../../../src/model/token.ts';
import { newTrace } from '../../../src/model/trace.ts';
import { createTurn } from '../../../src/model/turn.ts';
import { createMemory } from '../../../src/store/memory.ts';
import { keychainOf, seededBytes } from '../model/keys.ts';

export const NOON = Date.UTC(2026, 10, 1, 12);
export const NOW = NOON / 1000;
export const PROJECT = 'project-test-1';
export const REALM = { brands: ['acme'], environment: 'test' } as const;
export const ADA = { kind: 'user', id: 'user-test-ada', organizationId: null } as const;
export const LEASE_MS = 5_000;

export const keychain = await keychainOf('current');
export const ringName = await ringOfOwner(PROJECT, ADA);
export const clientId = mintClientId('acme', 'test', ringName, seededBytes(1));
export const clientSecret = mintSecret(seededBytes(2));
export const key = await spellKey(clientId, clientSecret, keychain.current);

export const SCOPES = ['items:read', 'items:write'] as const;
export const LIVE: Extract<Standing, { status: 'live' }> = {
  status: 'live',
  owner: ADA,
  scopes: SCOPES,
  generation: 1,
  expiresAt: null,
  ownLimit: false,
  leaseMs: LEASE_MS,
};

/** What Stytch signed for the key, unless a test says otherwise. */
export const TOKEN = {
  kind: 'm2m',
  clientId,
  scopes: ['items:read', 'items:write'],
  ownerId: ADA.id,
  organizationId: null,
  issuedAt: NOW,
  expiresAt: NOW + 3_600,
} as const;

/** What Stytch signed for somebody who signed in. */
export const SESSION: SessionToken = {
  kind: 'session',
  owner: ADA,
  sessionId: 'session-test-1',
  roles: ['editor'],
  issuedAt: NOW,
  expiresAt: NOW + 300,
  sessionExpiresAt: NOW + 3_600,
  authenticatedAt: NOW - 60,
};

/** The Ring's word on a session, or on a foreign client that it has no row of. */
export const NO_ROW: typeof LIVE = { ...LIVE, scopes: null, generation: 0 };

export const FOREIGN_ID = 'm2m-client-test-d731954d-dab3-4a2b-bdee-07f3ad1be885';

export const ROUTE: Demand = {
  auth: 'required',
  credentials: ['api_key', 'client_credentials', 'access_token', 'session'],
  scopes: ['items:read'],
  cost: 1,
  leaseSeconds: 5,
  maxAuthAgeSeconds: null,
};

export const asBearer = (text = key): KeyCredential => ({
  kind: 'key',
  auth: 'api_key',
  scheme: 'bearer',
  key: secret(text),
});
export const asBasic = (text = key): KeyCredential => ({
  kind: 'key',
  auth: 'client_credentials',
  scheme: 'basic',
  key: secret(text),
});

export const asJwt = (text = 'jwt'): JwtCredential => ({ kind: 'jwt', scheme: 'bearer', jwt: secret(text) });
export const asPair = (clientSecret = 'foreign secret', id = FOREIGN_ID): PairCredential => ({
  ...{ kind: 'pair', scheme: 'basic', clientId: id, clientSecret: secret(clientSecret) },
});

/** Waits of at most so long are looks at memory: they take no time of the world's clock. */
const LOOK_MS = 10;

/**
 * One isolate with its memory, before a Ring, a Vault and a Stytch of a few lines each. The clock moves only in
 * `pass`. Whoever looks at memory now and then is let look at once; deadlines come when their time has come.
 */
export const openWorld = ({ graceMs = 0 } = {}) => {
  const clock = { now: NOON };
  const sleepers: { at: number; wake: () => void }[] = [];
  const background: Promise<unknown>[] = [];
  const calls = {
    admit: [] as AdmitRequest[],
    exchange: 0,
    look: 0,
    claim: [] as Owner[],
    lobbyExchange: [] as LobbyExchangeRequest[],
    throttle: [] as (string | null)[],
    get: 0,
    put: [] as string[],
    forget: 0,
    verified: 0,
  };
  const logs: Parameters<DecisionPorts['log']>[0][] = [];
  const meter = openMeter(null);
  let leases = 0;

  const state = {
    standing: LIVE as Standing,
    /** Of one credential alone, where a test wants another answer for it. */
    standingOf: (_: CredentialName): Standing | null => null,
    foreignClients: 'imported' as ForeignClients,
    ownerlessClients: 'refused' as OwnerlessClients,
    lobby: { owner: ADA as Owner | null, sealed: null as string | null },
    lobbyExchanged: null as LobbyExchanged | null,
    letsThrough: true,
    /** Whether another Ring than Ada's may be asked. */
    ringOf: (_: string): boolean => false,
    limit: { requests: 600, perSeconds: 60 },
    sealed: null as string | null,
    /** Null is what Stytch normally does: a token of the key's generation. */
    exchanged: null as Exchanged | null,
    vault: new Map<string, string>(),
    verdicts: new Map<string, TokenVerdict>([
      ['token', { verdict: 'good', token: TOKEN }],
      ['foreign token', { verdict: 'good', token: { ...TOKEN, clientId: FOREIGN_ID } }],
    ]),
    /** Of a request that has vanished not even the deadlines come. */
    deadlines: 'come' as 'come' | 'never',
    /** Comes before every answer of the Ring. */
    beforeAdmit: async (): Promise<void> => undefined,
    beforeExchange: async (): Promise<void> => undefined,
    beforeLook: async (): Promise<void> => undefined,
  };

  const grantOf = (request: AdmitRequest) =>
    meter.ask(
      request.ask,
      { owner: state.limit, key: null, unitsPerMonth: null, leaseMs: LEASE_MS },
      clock.now,
    );

  const purseFor = ({ credential }: AdmitRequest, ownLimit: boolean): string =>
    ownLimit && credential.kind !== 'session' ? credential.clientId : '';

  const ring = {
    admit: async (request: AdmitRequest): Promise<Admission> => {
      calls.admit.push(request);
      await state.beforeAdmit();
      const standing = state.standingOf(request.credential) ?? state.standing;
      return {
        standing,
        others: request.others.map((name) => state.standingOf(name) ?? state.standing),
        grant:
          standing.status === 'live' && request.ask.purse === purseFor(request, standing.ownLimit)
            ? grantOf(request)
            : null,
        sealed: request.wantToken ? state.sealed : null,
      };
    },
    exchange: async () => {
      calls.exchange++;
      await state.beforeExchange();
      const generation = state.standing.status === 'live' ? state.standing.generation : 1;
      const token = {
        result: 'token',
        token: 'token',
        sealed: 'sealed',
        generation,
        expiresAt: NOW + 3_600,
        made: true,
      } as const;
      return { exchanged: state.exchanged ?? token, stytchMs: 0 };
    },
  } as unknown as Ring;

  const lobby: Pick<Lobby, 'look' | 'claim' | 'exchange'> = {
    look: async () => {
      calls.look++;
      await state.beforeLook();
      return state.lobby;
    },
    claim: async ({ owner }) => {
      calls.claim.push(owner);
      state.lobby = { ...state.lobby, owner: state.lobby.owner ?? owner };
      return state.lobby.owner ?? owner;
    },
    exchange: async (request) => {
      calls.lobbyExchange.push(request);
      const token: LobbyExchanged = {
        result: 'token',
        token: 'foreign token',
        sealed: 'sealed',
        owner: state.lobby.owner ?? ADA,
        expiresAt: NOW + 3_600,
        made: true,
      };
      return { exchanged: state.lobbyExchanged ?? token, stytchMs: 0 };
    },
  };

  const ports: DecisionPorts = {
    projectId: PROJECT,
    realm: REALM,
    keychain: async () => keychain,
    vault: {
      get: async (fingerprint) => {
        calls.get++;
        return state.vault.get(fingerprint) ?? null;
      },
      put: async (fingerprint) => void calls.put.push(fingerprint),
      forget: async () => {
        calls.forget++;
      },
    },
    rings: (name) => {
      if (name !== ringName && !state.ringOf(name)) throw new Error('a Ring that nobody should ask');
      return ring;
    },
    lobbies: () => lobby as Lobby,
    get foreignClients() {
      return state.foreignClients;
    },
    get ownerlessClients() {
      return state.ownerlessClients;
    },
    throttle: async (address) => {
      calls.throttle.push(address);
      return state.letsThrough;
    },
    verifyToken: async (jwt) => {
      calls.verified++;
      return state.verdicts.get(jwt) ?? { verdict: 'bad', because: 'made up' };
    },
    readKeys: async () => null,
    scopesOfRoles: (roles) =>
      roles.flatMap((role) => (role === 'editor' ? ['items:read', 'items:write'] : [])),
    memory: createMemory({
      isolate: 'isolate-1',
      leaseMs: LEASE_MS,
      graceMs,
      newLeaseId: () => `lease-${leases++}`,
      now: () => clock.now,
      giveBack: () => undefined,
    }),
    now: () => clock.now,
    sleep: (ms, signal) => {
      if (ms <= LOOK_MS) return new Promise((resolve) => setImmediate(resolve));
      return new Promise((wake) => {
        if (state.deadlines === 'never') return;
        sleepers.push({ at: clock.now + ms, wake });
        signal?.addEventListener('abort', () => wake());
      });
    },
    turn: createTurn({
      now: () => clock.now,
      sleep: () => new Promise((resolve) => setImmediate(resolve)),
      patienceMs: 10_000,
    }),
    random: () => 0,
    inBackground: (work) => void background.push(work),
    log: (line) => void logs.push(line),
  };
  const decide = createDecide(ports);

  return {
    ...{ ports, ring, state, calls, logs, clock, decide },
    /** One request, where the world is another one in part. */
    decideWith: (other: DecisionPorts, credential: Credential) =>
      createDecide(other)(credential, ROUTE, clock.now, newTrace(), null),
    /** One request, as the Gate puts it to `decide`. */
    ask: (
      credential: Credential,
      demand: Partial<Demand> = {},
      from: Request | null = null,
    ): Result<Decision> | Promise<Result<Decision>> =>
      decide(credential, { ...ROUTE, ...demand }, clock.now, newTrace(), from),
    /** Lets time go by. Deadlines that have come are over. */
    pass: (ms: number): void => {
      clock.now += ms;
      for (const due of sleepers.filter(({ at }) => at <= clock.now)) due.wake();
    },
    /** From now on nobody who waits for the Ring comes back, unless it answers. */
    vanish: (): void => {
      state.deadlines = 'never';
    },
    /** Lets all that is under way in the background come as far as it can while the clock stands still. */
    settled: async (): Promise<void> => {
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
    },
    /** What everybody had to pay at the Ring, request by request. */
    paid: () => calls.admit.flatMap(({ ask }) => ask.costs),
    /** How often anybody outside the isolate was asked. */
    portCalls: () =>
      calls.admit.length +
      calls.exchange +
      calls.look +
      calls.claim.length +
      calls.lobbyExchange.length +
      calls.get +
      calls.put.length,
  };
};

export type World = ReturnType<typeof openWorld>;

/** Lets everything run that can run without time going by. */
export const idle = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await new Promise((resolve) => setImmediate(resolve));
};

/** Waits, in no time of the world's, until something is so. */
export const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
};

/** What a decision came to, in a word or two. */
export const outcome = (result: Result<Decision>): string => {
  if (result.ok) return result.value.identity.auth;
  const { refusal } = result;
  if ('because' in refusal) return `${refusal.reason}: ${refusal.because}`;
  return 'what' in refusal ? `${refusal.reason}: ${refusal.what}` : refusal.reason;
};

import { decodeJwt } from 'jose';
import { JOSEError } from 'jose/errors';
import type { Config } from '../../src/config.ts';
import type { Owner } from '../../src/model/identity.ts';
import { mintClientId, mintSecret, ringOfClientId, ringOfOwner } from '../../src/model/key.ts';
import type { NewClient, Outcome, SigningJwk } from '../../src/model/ports.ts';
import type { TokenVerdict } from '../../src/model/token.ts';
import { createTurn } from '../../src/model/turn.ts';
import { madeAtMark, markOf } from '../../src/ring/mark.ts';
import { randomBytes, sleep } from '../../src/runtime.ts';
import { createStytch } from '../../src/stytch/client.ts';
import { createSigningKeys } from '../../src/stytch/jwks.ts';
import { createTokenVerifier } from '../../src/stytch/token.ts';
import { withCleanup } from '../cleanup.ts';
import { MAX_SKEW_SECONDS, readDate, skewSeconds } from './clock.ts';

/** What is to be seen of Stytch. */
export interface StytchFacts {
  readonly jwks: Outcome<readonly SigningJwk[]>;
  /** Whether the project's secret is taken; null where there is none to try. */
  readonly secret: Outcome<unknown> | null;
  /** How far Stytch's clock is ahead; null where it did not say. */
  readonly skew: number | null;
  /** Null where the secret is not taken. */
  readonly client: ClientFacts | null;
}

/** What became of a client that was made as a Ring makes one for a key. */
export interface ClientFacts {
  readonly clientId: string;
  readonly owner: Owner;
  readonly created: Outcome<unknown>;
  /** Null where there was no client to exchange. */
  readonly token: Outcome<string> | null;
  /** What the token says, checked or not; null where it is no JWT. */
  readonly claims: Readonly<Record<string, unknown>> | null;
  /** What the Worker thinks of it. */
  readonly verdict: TokenVerdict | null;
  readonly deleted: Outcome<unknown>;
}

/** What a token says of its owner where the claims template copies what the request said. */
export const SOMEBODY_ELSE = 'latchkey-doctor-somebody-else';

/** How long a command waits for a token that is being made. */
const PATIENCE_MS = 10_000;

/** Asks Stytch with the Worker's own code. A client that is made is deleted again, whatever happens. */
export const lookAtStytch = async (
  config: Config,
  projectSecret: string | null,
  tell: (line: string) => void,
): Promise<StytchFacts> => {
  const { projectId, vertical, ownerClaim, apiUrl } = config.stytch;
  const clock: { skew: number | null } = { skew: null };
  const wires = {
    fetch: async (url: string, init: RequestInit) => {
      const before = Date.now();
      const response = await fetch(url, asSomebodyElse(url, init, ownerClaim));
      const date = readDate(response.headers.get('date'));
      if (date !== null) clock.skew = skewSeconds(date, before, Date.now());
      return response;
    },
    ...{ sleep, random: Math.random },
  };
  const project = { baseUrl: apiUrl, projectId, vertical, projectSecret: projectSecret ?? '' };
  const stytch = createStytch(project, wires);
  const jwks = await stytch.jwks();
  const client = await newClient(config);
  const secret = projectSecret === null ? null : await stytch.getClient(client.clientId);
  if (secret?.outcome !== 'answered') return { jwks, secret, skew: clock.skew, client: null };

  tell('Stytch: makes a client, to be deleted at once, and takes a token …');
  const known: { deleted: Outcome<unknown> | null } = { deleted: null };
  const creating = stytch.createClient(client);
  const made = await withCleanup(
    async () => {
      const created = await creating;
      if (created.outcome !== 'answered') return { created, token: null };
      return { created, token: await stytch.exchange(client.clientId, client.clientSecret) };
    },
    async () => {
      // One that is deleted before it is made stays.
      await creating;
      known.deleted = await stytch.deleteClient(client.clientId);
    },
  );
  const text = made.token?.outcome === 'answered' ? made.token.value : null;
  const claims = text === null ? null : decoded(text);
  const skew = clock.skew ?? skewOf(claims);
  return {
    ...{ jwks, secret, skew },
    client: {
      ...{ clientId: client.clientId, owner: client.owner, ...made, claims },
      verdict: text === null ? null : await judgedAsWorker(config, client.clientId, jwks, text, skew ?? 0),
      deleted: known.deleted ?? { outcome: 'unreachable', detail: 'not asked', retryAfterSeconds: null },
    },
  };
};

/** Claims that a template takes from the request come out as somebody else's. */
const asSomebodyElse = (url: string, init: RequestInit, ownerClaim: string): RequestInit => {
  if (!url.endsWith('/oauth2/token') || typeof init.body !== 'string') return init;
  const form = new URLSearchParams(init.body);
  for (const name of [ownerClaim, 'user_id', 'organization_id']) form.set(name, SOMEBODY_ELSE);
  return { ...init, body: form.toString() };
};

/** As a Ring makes one: should nobody come to delete it, the next reconciliation finds it without a Ring, and does. */
const newClient = async (config: Config): Promise<NewClient & { readonly owner: Owner }> => {
  const { brand, environment, stytch, scopes } = config;
  const owner = someOwner(config);
  const ring = await ringOfOwner(stytch.projectId, owner);
  return {
    owner,
    clientId: mintClientId(brand, environment, ring, randomBytes),
    clientSecret: mintSecret(randomBytes),
    name: 'latchkey doctor',
    description: 'Made to see whether tokens are right. Delete it.',
    scopes: [[...scopes.keys()][0] ?? 'doctor'],
    trustedMetadata: { ...markOf(owner, stytch.ownerClaim), ...madeAtMark(Date.now()) },
  };
};

const someOwner = ({ stytch, environment }: Config): Owner => {
  const id = (what: string): string => `${what}-${environment}-${crypto.randomUUID()}`;
  return stytch.vertical === 'b2b'
    ? { kind: 'member', id: id('member'), organizationId: id('organization') }
    : { kind: 'user', id: id('user'), organizationId: null };
};

const decoded = (jwt: string): ClientFacts['claims'] => {
  try {
    return decodeJwt(jwt);
  } catch (error) {
    if (error instanceof JOSEError) return null;
    throw error;
  }
};

/** Who does not say the time says it in each token. */
const skewOf = (claims: ClientFacts['claims']): number | null =>
  typeof claims?.iat === 'number' ? skewSeconds(claims.iat * 1000, Date.now() - 2_000, Date.now()) : null;

/** The verdict of the Worker's verifier, by Stytch's clock where ours is wrong: that is told of on its own. */
const judgedAsWorker = (
  { stytch, brand, environment }: Config,
  clientId: string,
  jwks: StytchFacts['jwks'],
  token: string,
  skew: number,
): Promise<TokenVerdict> => {
  const now = Date.now() + (Math.abs(skew) > MAX_SKEW_SECONDS ? skew * 1000 : 0);
  const { projectId, domain, vertical, ownerClaim } = stytch;
  const realm = { brands: [brand], environment };
  const keys = createSigningKeys({
    fetchJwks: async () => jwks,
    copies: { load: async () => null, save: async () => undefined },
    turn: createTurn({ now: Date.now, sleep, patienceMs: PATIENCE_MS }),
    inBackground: () => undefined,
  });
  const issuers = [`stytch.com/${projectId}`, ...(domain === null ? [] : [`https://${domain}`])];
  const isClientId = (id: string): boolean => id === clientId && ringOfClientId(id, realm) !== null;
  return createTokenVerifier({ projectId, issuers, vertical, ownerClaim, isClientId }, keys.find)(token, now);
};

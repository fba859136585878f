import { expect } from 'vitest';
import { ringOfOwner } from '../../src/model/key.ts';
import type { Lobby, Ring } from '../../src/model/ports.ts';
import { lobbyName } from '../../src/ring/lobby-name.ts';
import { foreignClient, type Pair } from '../foreign.ts';
import { basicOf, pairOf } from '../oauth.ts';
import { accessToken, BY, type Issued, PROJECT, rooms } from '../world.ts';
import type { AppSession } from './app-session.ts';
import type { Self, Truth } from './model.ts';
import type { Row } from './tally.ts';
import { endOf } from './weather.ts';

/** One request that somebody may send. */
export interface Errand {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly scopes: readonly string[];
  readonly cost: number;
  readonly isStrict: boolean;
}

export const READ: Errand = {
  ...{ method: 'GET', path: '/v1/items/1', scopes: ['items:read'] },
  ...{ cost: 1, isStrict: false },
};
export const STRICT: Errand = { ...READ, path: '/v1/strict/1', scopes: [], isStrict: true };
export const WRITE: Errand = { ...READ, method: 'POST', scopes: ['items:write'], cost: 5 };
export const OPTIONAL: Errand = { ...READ, path: '/optional/1', scopes: [] };

/** Somebody who asks all the time. */
export interface Caller {
  readonly name: string;
  readonly row: Row;
  /** What is true of him, but for what Stytch said of him. */
  truth: Truth;
  /** Whose limit he uses up; null for nobody's. */
  readonly owner: string | null;
  readonly isOverLimit: boolean;
  readonly headers: () => Readonly<Record<string, string>>;
  readonly errands: readonly Errand[];
  /** How likely he asks in a step. */
  readonly share: number;
  /** Whether he asks nothing before the outage begins: nobody has seen him yet. */
  readonly isNew: boolean;
  /** What is to be done to him in an outage. */
  readonly fate: 'revoke' | 'narrow' | 'find' | null;
  /** The key, of those whose fate needs it. */
  readonly key: string | null;
}

const NOTHING_YET = { taken: null, ended: null, acceptedUntil: null, endsAt: null } as const;
export const EVERYBODYS = {
  owner: null,
  isOverLimit: false,
  share: 0.5,
  isNew: false,
  fate: null,
  key: null,
} as const;

export const secretOf = (self: Self, scopes: readonly string[]): Truth => ({
  ...{ kind: 'secret', self, scopes },
  ...NOTHING_YET,
});

/** A key in use. */
export const keyCaller = (
  name: string,
  { key, key_id, owner }: Issued,
  more: Partial<Caller> & {
    readonly scopes?: readonly string[];
    readonly as?: 'Bearer' | 'X-API-Key' | 'Basic';
  } = {},
): Caller => {
  const { scopes = ['items:read'], as = 'Bearer', ...rest } = more;
  const auth = as === 'Basic' ? 'client_credentials' : 'api_key';
  const headers = {
    Bearer: { authorization: `Bearer ${key}` },
    'X-API-Key': { 'x-api-key': key },
    Basic: { authorization: basicOf(pairOf(key)) },
  }[as];
  return {
    ...EVERYBODYS,
    ...{ name, row: 'API key', owner: owner.id, key },
    truth: secretOf({ userId: owner.id, keyId: key_id, auth }, scopes),
    headers: () => headers,
    errands: [READ],
    ...rest,
  };
};

/** An access token that its client renews when it is about to end, if Stytch lets it. */
export const tokenCaller = async (issued: Issued) => {
  let token = await accessToken(issued.key);
  const self = { userId: issued.owner.id, keyId: issued.key_id, auth: 'access_token' };
  const truth = (): Truth => ({ ...secretOf(self, ['items:read']), kind: 'token', endsAt: endOf(token) });
  const caller: Caller = {
    ...EVERYBODYS,
    ...{ name: 'access token', row: 'access token', owner: issued.owner.id, truth: truth() },
    ...{ share: 0.8, errands: [READ] },
    headers: () => ({ authorization: `Bearer ${token}` }),
  };
  const renew = async (): Promise<void> => {
    token = await accessToken(issued.key);
    caller.truth = truth();
  };
  return { caller, renew };
};

export const sessionCaller = (session: AppSession): Caller => {
  const self = { userId: session.userId, keyId: null, auth: 'session' };
  // The roles of the tests' file give all of these.
  const scopes = ['items:read', 'items:write', 'admin:all'];
  return {
    ...EVERYBODYS,
    ...{ name: 'session', row: 'session', owner: session.userId, share: 0.8, errands: [READ, STRICT] },
    get truth(): Truth {
      return { ...secretOf(self, scopes), kind: 'session', endsAt: endOf(session.jwt()) };
    },
    headers: () => ({ authorization: `Bearer ${session.jwt()}` }),
  };
};

/** A client that was made at Stytch, and imported. */
export const foreignCaller = async (): Promise<{ readonly caller: Caller; readonly pair: Pair }> => {
  const { owner, ...pair } = await foreignClient();
  const lobby = rooms.LOBBY.getByName(lobbyName(pair.clientId)) as unknown as Lobby;
  await lobby.claim({ clientId: pair.clientId, owner });
  const ring = rooms.KEY_RING.getByName(await ringOfOwner(PROJECT, owner)) as unknown as Ring;
  const client = {
    ...{ clientId: pair.clientId, createdBy: owner.id, name: 'foreign', description: '' },
    ...{ scopes: ['items:read'], expiresAt: null, limit: null },
  };
  expect(await ring.adopt(owner, client, BY)).toMatchObject({ ok: true });
  const self = { userId: owner.id, keyId: pair.clientId, auth: 'client_credentials' };
  const caller: Caller = {
    ...EVERYBODYS,
    ...{ name: 'foreign pair', row: 'foreign pair', owner: owner.id, share: 0.8, errands: [READ, STRICT] },
    truth: secretOf(self, ['items:read']),
    headers: () => ({ authorization: basicOf(pair) }),
  };
  return { caller, pair };
};

export const NOBODY: Self = { userId: null, keyId: null, auth: 'anonymous' };

export const bad = (
  name: string,
  kind: Truth['kind'],
  headers: Readonly<Record<string, string>>,
): Caller => ({
  ...EVERYBODYS,
  ...{ name, row: 'made up', errands: [READ] },
  truth: { ...secretOf(NOBODY, []), kind },
  headers: () => headers,
});

/** The same JWT with other claims, and the signature that it had. */
export const forgedFrom = (jwt: string): string => {
  const [head, , signature] = jwt.split('.');
  const claims = JSON.parse(atob((jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));
  const changed = btoa(JSON.stringify({ ...claims, sub: `user-test-${crypto.randomUUID()}` }));
  return [head, changed.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''), signature].join('.');
};

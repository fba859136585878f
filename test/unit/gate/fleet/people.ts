import type { Credential } from '../../../../src/model/credential.ts';
import { fingerprintOf } from '../../../../src/model/fingerprint.ts';
import { type AuthKind, type Identity, identityOf, type Owner } from '../../../../src/model/identity.ts';
import { mintClientId, mintSecret, ringOfOwner, spellKey } from '../../../../src/model/key.ts';
import type { CredentialName } from '../../../../src/model/ports.ts';
import type { Token, TokenVerdict } from '../../../../src/model/token.ts';
import { seededBytes } from '../../model/keys.ts';
import { asBasic, asBearer, asJwt, keychain, NOW, PROJECT } from '../world.ts';

export const BOTH = ['items:read', 'items:write'] as const;
export const READ = ['items:read'] as const;

/** A key of somebody's, with all that belongs to it. */
export interface Key {
  readonly id: string;
  readonly secret: string;
  readonly text: string;
  /** The same key with another secret, as who had our tag key could make it. */
  readonly forged: string;
  readonly fingerprint: string;
}

/** Somebody with two keys; the second may have a limit of its own. */
export interface Person {
  readonly owner: Owner;
  readonly ring: string;
  readonly keys: readonly [Key, Key];
}

const newKey = async (ring: string, seed: number): Promise<Key> => {
  const id = mintClientId('acme', 'test', ring, seededBytes(seed));
  const secret = mintSecret(seededBytes(seed + 1_000));
  const [text, forged, fingerprint] = await Promise.all([
    spellKey(id, secret, keychain.current),
    spellKey(id, mintSecret(seededBytes(seed + 2_000)), keychain.current),
    fingerprintOf(keychain.current, PROJECT, id, secret),
  ]);
  return { id, secret, text, forged, fingerprint };
};

const newPerson = async (name: string, seed: number): Promise<Person> => {
  const owner: Owner = { kind: 'user', id: `user-test-${name}`, organizationId: null };
  const ring = await ringOfOwner(PROJECT, owner);
  return { owner, ring, keys: [await newKey(ring, seed), await newKey(ring, seed + 1)] };
};

export const PEOPLE: readonly Person[] = await Promise.all(
  ['ada', 'bob', 'cleo'].map((name, i) => newPerson(name, 10 * (i + 1))),
);

/** The ways in of one person: his keys in two spellings, an access token of the first one, a session. */
export const WAYS = ['bearer', 'basic', 'other', 'token', 'session'] as const;
export type Way = (typeof WAYS)[number];

/** Which of somebody's keys a way is of; null for a session. */
export const keyOf = (way: Way): 0 | 1 | null => (way === 'session' ? null : way === 'other' ? 1 : 0);

/** What somebody presents; `forged`, as like it as can be made without the secret. */
export const credentialOf = ({ keys, owner }: Person, way: Way, forged = false): Credential => {
  const key = keys[keyOf(way) ?? 0];
  if (way === 'token' || way === 'session')
    return asJwt(forged ? `forged ${way} of ${owner.id}` : `${way} of ${owner.id}`);
  const text = forged ? key.forged : key.text;
  return way === 'basic' ? asBasic(text) : asBearer(text);
};

const AUTH = {
  ...{ bearer: 'api_key', basic: 'client_credentials', other: 'api_key' },
  ...{ token: 'access_token', session: 'session' },
} as const satisfies Record<Way, AuthKind>;

/** As whom somebody is let in. */
export const identityAs = ({ owner, keys }: Person, way: Way): Identity => {
  const key = keyOf(way);
  return identityOf(AUTH[way], owner, key === null ? null : keys[key].id, BOTH);
};

/** Which key the Ring is asked about; null for a session. */
export const keyNamed = ({ keys }: Person, name: CredentialName): 0 | 1 | null =>
  name.kind === 'session' ? null : name.clientId === keys[1].id ? 1 : 0;

const TIMES = { issuedAt: NOW - 60, expiresAt: NOW + 40 * 86_400 };

/** The token that Stytch makes of a key: what is in it shows from its text, as with a JWT. */
export const tokenText = (key: Key, generation: number, scopes: readonly string[]): string =>
  JSON.stringify([key.id, generation, scopes]);

/** What Stytch's signature says of a token. */
export const verdictOn = (jwt: string): TokenVerdict => {
  const good = (token: Token): TokenVerdict => ({ verdict: 'good', token });
  for (const { owner, keys } of PEOPLE) {
    const client = { kind: 'm2m', ownerId: owner.id, organizationId: null, ...TIMES } as const;
    if (jwt === `token of ${owner.id}`) return good({ ...client, clientId: keys[0].id, scopes: BOTH });
    if (jwt === `session of ${owner.id}`)
      return good({
        ...{ kind: 'session', owner, sessionId: 'session-test-1', roles: ['editor'], ...TIMES },
        ...{ sessionExpiresAt: TIMES.expiresAt, authenticatedAt: TIMES.issuedAt },
      });
    const made = keys.find(({ id }) => jwt.startsWith(`["${id}"`));
    if (made === undefined) continue;
    const [, , scopes] = JSON.parse(jwt) as [string, number, readonly string[]];
    return good({ ...client, clientId: made.id, scopes });
  }
  return { verdict: 'bad', because: 'made up' };
};

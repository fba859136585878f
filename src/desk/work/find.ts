import { isForeignClientId } from '../../model/foreign.ts';
import type { Owner } from '../../model/identity.ts';
import { looksLikeKey, ringOfClientId } from '../../model/key.ts';
import type { Sought } from '../../model/owners.ts';
import type { FoundOwner } from '../../model/ports.ts';
import { ok, type Result } from '../../model/refusal.ts';
import { ownerNamed } from '../../model/subject.ts';
import type { DeskPorts } from '../ports.ts';
import type { OwnerOfKeyWork } from './owner-of-key.ts';

export interface FindPorts extends Pick<DeskPorts, 'realm' | 'lobbyOf'> {
  readonly ownerOfKey: OwnerOfKeyWork;
  /** People by an address, as Stytch has them. */
  readonly findUsers: (email: string) => Promise<Result<readonly FoundOwner[]>>;
}

/** Longer than any id, address or key. */
const MAX_TYPED = 512;

/**
 * What can be an address. Narrower than RFC 5322: what is taken for one is sent to Stytch, and must not be a URL or a line
 * of a script with somebody's key in it.
 */
const EMAIL = /^[^\s@:/\\"'<>=]{1,64}@[^\s@:/\\"'<>=_]{1,189}$/;

const NOTHING = { kind: 'nothing' } as const;

/** Finds whom an operator looks for, by whatever he has. */
export const createFindWork =
  (ports: FindPorts) =>
  async (typed: string): Promise<Result<Sought>> => {
    const text = typed.trim();
    if (text.length > MAX_TYPED) return ok(NOTHING);
    // Before all else: whatever begins as a key does is one, and nothing but its id may be used.
    if (looksLikeKey(text, ports.realm)) return byKey(ports, text);
    const owner = ownerNamed(text);
    if (owner !== null) return ok({ kind: 'owner', owner });
    if (EMAIL.test(text)) {
      const found = await ports.findUsers(text);
      return found.ok ? ok({ kind: 'email', email: text, found: found.value }) : found;
    }
    return isForeignClientId(text, ports.realm) ? byClient(ports, text) : ok(NOTHING);
  };

/** The id of a key is its first three words: public, and all of it that is looked at. */
const byKey = async ({ realm, ownerOfKey }: FindPorts, text: string): Promise<Result<Sought>> => {
  const keyId = text.split('_').slice(0, 3).join('_');
  if (ringOfClientId(keyId, realm) === null) return ok(NOTHING);
  const owner = await ownerOfKey(keyId);
  if (!owner.ok && owner.refusal.reason !== 'not_found') return owner;
  return ok({ kind: 'key', keyId, isWhole: text !== keyId, owner: owner.ok ? owner.value : null });
};

/** A client that was made elsewhere, by its id. What is nobody's may be anything, a secret too. */
const byClient = async ({ lobbyOf }: FindPorts, keyId: string): Promise<Result<Sought>> => {
  const looked = await lobbyOf(keyId).look({ clientId: keyId, fingerprint: null });
  if (!looked.ok) return looked;
  const owner: Owner | null = looked.value.owner;
  return ok(owner === null ? NOTHING : { kind: 'key', keyId, isWhole: false, owner });
};

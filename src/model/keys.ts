import type { ChainedEntry } from './audit-chain.ts';
import type {
  IssuedKey,
  KeyRecord,
  KeyUsageReport,
  OwnerRecord,
  OwnerStanding,
  UsageReport,
} from './life.ts';
import type { Result } from './refusal.ts';
import type { Subject } from './subject.ts';

/** A page of keys, and the cursor of the next; null on the last. */
export interface KeysPage {
  readonly records: readonly KeyRecord[];
  readonly cursor: string | null;
}

/** A page of an audit trail, newest first, and the cursor of the next; null on the last. */
export interface TrailPage {
  readonly entries: readonly ChainedEntry[];
  readonly cursor: string | null;
}

/**
 * Keys, their use and their trail, as the pages of the Desk work with them: what its JSON endpoints do, without the JSON.
 * What is `asked` is what would be the body or the query there, unchecked; `request_invalid` names what of it is wrong.
 * `once` makes a repeat harmless for a day, as an Idempotency-Key does: the same key, and no secret.
 */
export interface Keys {
  readonly create: (who: Subject, asked: unknown, once: string) => Promise<Result<IssuedKey>>;
  readonly list: (who: Subject, asked: unknown) => Promise<Result<KeysPage>>;
  readonly get: (who: Subject, keyId: string) => Promise<Result<KeyRecord>>;
  readonly change: (
    who: Subject,
    keyId: string,
    asked: unknown,
    revision: number | null,
  ) => Promise<Result<KeyRecord>>;
  readonly revoke: (who: Subject, keyId: string) => Promise<Result<KeyRecord>>;
  readonly rotate: (who: Subject, keyId: string, asked: unknown, once: string) => Promise<Result<IssuedKey>>;
  readonly endRotation: (
    who: Subject,
    keyId: string,
    verb: 'finish' | 'cancel',
  ) => Promise<Result<KeyRecord>>;
  /** Of one key, or of everything of the owner's, which is null. */
  readonly usage: (who: Subject, keyId: string | null, asked: unknown) => Promise<Result<UsageReport>>;
  /** Of several keys, each on its own, in the order in which they are named. */
  readonly usageOfKeys: (who: Subject, asked: unknown) => Promise<Result<readonly KeyUsageReport[]>>;
  readonly audit: (who: Subject, asked: unknown) => Promise<Result<TrailPage>>;
  /** The owner's limits and what is left of them; with a key, that key's own besides. */
  readonly limits: (who: Subject, keyId: string | null) => Promise<Result<OwnerStanding>>;
  readonly about: (who: Subject) => Promise<Result<OwnerRecord>>;
}

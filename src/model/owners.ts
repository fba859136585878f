import type { Owner } from './identity.ts';
import type { OwnerRecord } from './life.ts';
import type { FoundOwner } from './ports.ts';
import type { Result } from './refusal.ts';
import type { Subject } from './subject.ts';

/** What an operator typed who looks for somebody, by what it was taken for. What was taken for nothing is said nowhere again. */
export type Sought =
  /** An id of Stytch's: whether there is such an owner, Stytch knows. */
  | { readonly kind: 'owner'; readonly owner: Owner }
  /** Of a whole key, the id alone was used, and nothing else of it is told. */
  | {
      readonly kind: 'key';
      readonly keyId: string;
      readonly isWhole: boolean;
      readonly owner: Owner | null;
    }
  | { readonly kind: 'email'; readonly email: string; readonly found: readonly FoundOwner[] }
  | { readonly kind: 'nothing' };

/** Owners as such, as the operators' pages work with them; `asked` is as in `Keys`. */
export interface Owners {
  readonly find: (typed: string) => Promise<Result<Sought>>;
  readonly suspend: (who: Subject, asked: unknown) => Promise<Result<OwnerRecord>>;
  readonly lift: (who: Subject) => Promise<Result<OwnerRecord>>;
  readonly setLimits: (who: Subject, asked: unknown) => Promise<Result<OwnerRecord>>;
  /** How many there were. */
  readonly revokeAll: (who: Subject) => Promise<Result<number>>;
}

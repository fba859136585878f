import { type Assertion, fresh, type KeptAssertions } from './assertion.ts';
import { type HeaderEntry, type Hop, hopHeaders, identityHeaders } from './headers.ts';
import type { Origin } from './origins.ts';
import type { Passage } from './passage.ts';

/** What an origin is told of a caller and of the way here. `base` is the origin's scheme and authority. */
export type Introduce = (passage: Introduced, origin: Origin, base: string) => Letter | Promise<Letter>;

export type Letter = readonly HeaderEntry[];

/** Who is introduced, by what he sent. */
export type Introduced = Pick<Passage, 'target' | 'route' | 'identity' | 'evidence'> & {
  readonly request: Pick<Request, 'method'>;
};

/** A letter is good for one assertion, at one of our hosts. */
interface Kept extends Hop {
  readonly letter: Letter;
}

/** How much the assertions that are kept may take: with its letter, one is as long as all else that is known of a credential. */
export const MAX_KEPT_BYTES = 10 * 1024 * 1024;

/** What an assertion and its letter take, which says the scopes again. Bytes, estimated generously. */
export const keptBytes = ({ token }: Assertion): number => 1_000 + 2 * token.length;

/** Introduces callers: an assertion may serve an identity for a while, and so may the letter that it is part of. */
export const createIntroduce = (clock: () => number): Introduce => {
  const anonymous: { assertion: KeptAssertions | null } = { assertion: null };
  const letters = new WeakMap<Assertion, Kept>();
  /** Where each is kept, and for which audience; oldest first. */
  const places = new Map<Assertion, { readonly kept: KeptAssertions; readonly audience: string }>();
  let bytes = 0;

  const keep = (
    kept: KeptAssertions,
    audience: string,
    assertion: Assertion,
    now: number,
  ): KeptAssertions => {
    places.set(assertion, { kept: kept.set(audience, assertion), audience });
    bytes += keptBytes(assertion);
    for (const [oldest, place] of places) {
      if (fresh(oldest, now) && bytes <= MAX_KEPT_BYTES) break;
      places.delete(oldest);
      bytes -= keptBytes(oldest);
      if (place.kept.get(place.audience) === oldest) place.kept.delete(place.audience);
    }
    return kept;
  };

  const write = ({ identity, target }: Introduced, { headers }: Origin, token: string): Letter => [
    ...identityHeaders(identity, headers.prefix, token),
    ...hopHeaders(target),
  ];

  const letterOf = (passage: Introduced, origin: Origin, assertion: Assertion): Letter => {
    const { host, protocol } = passage.target;
    const known = letters.get(assertion);
    if (known?.host === host && known.protocol === protocol) return known.letter;
    const letter = write(passage, origin, assertion.token);
    letters.set(assertion, { host, protocol, letter });
    return letter;
  };

  const sign = async (passage: Introduced, origin: Origin, now: number): Promise<Letter> => {
    const { identity, evidence } = passage;
    const assertion = { token: await origin.signer.sign(identity, now), signedAtMs: now };
    const keeper = identity.auth === 'anonymous' ? anonymous : evidence;
    // While it was signed, the evidence may have come to stand for another identity: the pair's, or narrower scopes.
    if (keeper !== null && (keeper === anonymous || evidence?.identity === identity)) {
      keeper.assertion = keep(keeper.assertion ?? new Map(), origin.audience, assertion, now);
    }
    return letterOf(passage, origin, assertion);
  };

  const signForRequest = async (passage: Introduced, origin: Origin, base: string): Promise<Letter> => {
    const { request, target, identity } = passage;
    const bound = { method: request.method, url: base + target.path };
    return write(passage, origin, await origin.signer.sign(identity, clock(), bound));
  };

  return (passage, origin, base) => {
    if (passage.route.assertion === 'request') return signForRequest(passage, origin, base);
    const now = clock();
    const keeper = passage.identity.auth === 'anonymous' ? anonymous : passage.evidence;
    const kept = keeper?.assertion?.get(origin.audience);
    return kept !== undefined && fresh(kept, now)
      ? letterOf(passage, origin, kept)
      : sign(passage, origin, now);
  };
};

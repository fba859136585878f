import type { Evidence } from '../model/evidence.ts';
import { type Assertion, fresh, type Signer } from './assertion.ts';
import type { Passage } from './forward.ts';
import { type HeaderEntry, type HeaderRules, type Hop, hopHeaders, identityHeaders } from './headers.ts';

export interface IntroducePorts {
  readonly originUrl: string;
  readonly headers: HeaderRules;
  readonly signer: Signer;
  readonly now: () => number;
}

/** What the origin is told of a caller and of the way here. */
export type Introduce = (passage: Passage) => Letter | Promise<Letter>;

export type Letter = readonly HeaderEntry[];

/** A letter is good for one assertion, at one of our hosts. */
interface Kept extends Hop {
  readonly letter: Letter;
}

/** Introduces callers: an assertion may serve an identity for a while, and so may the letter that it is part of. */
export const createIntroduce = (ports: IntroducePorts): Introduce => {
  const anonymous: Pick<Evidence, 'assertion'> = { assertion: null };
  const letters = new WeakMap<Assertion, Kept>();

  const write = ({ identity, target }: Passage, token: string): Letter => [
    ...identityHeaders(identity, ports.headers.prefix, token),
    ...hopHeaders(target),
  ];

  const letterOf = (passage: Passage, assertion: Assertion): Letter => {
    const { host, protocol } = passage.target;
    const known = letters.get(assertion);
    if (known?.host === host && known.protocol === protocol) return known.letter;
    const letter = write(passage, assertion.token);
    letters.set(assertion, { host, protocol, letter });
    return letter;
  };

  const sign = async (passage: Passage, now: number): Promise<Letter> => {
    const { identity, evidence } = passage;
    const assertion = { token: await ports.signer.sign(identity, now), signedAtMs: now };
    if (identity.auth === 'anonymous') anonymous.assertion = assertion;
    // While it was signed, the evidence may have come to stand for another identity: the pair's, or narrower scopes.
    else if (evidence?.identity === identity) evidence.assertion = assertion;
    return letterOf(passage, assertion);
  };

  const signForRequest = async (passage: Passage, now: number): Promise<Letter> => {
    const { request, target, identity } = passage;
    const bound = { method: request.method, url: ports.originUrl + target.path };
    return write(passage, await ports.signer.sign(identity, now, bound));
  };

  return (passage) => {
    const now = ports.now();
    if (passage.route.assertion === 'request') return signForRequest(passage, now);
    const keeper = passage.identity.auth === 'anonymous' ? anonymous : passage.evidence;
    const kept = keeper?.assertion ?? null;
    return kept !== null && fresh(kept, now) ? letterOf(passage, kept) : sign(passage, now);
  };
};

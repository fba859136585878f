import type { Resolvable } from '../model/credential.ts';
import type { Seen } from '../model/life.ts';
import type { EndedStatus } from '../model/ports.ts';
import { type CredentialFault, err, type Refusal, type Result, type Scheme } from '../model/refusal.ts';
import { seenFrom } from '../model/seen.ts';
import { addressOf, type Sender } from '../model/stranger.ts';
import type { DecisionPorts } from './ports.ts';

/** How long a credential that Stytch or the Lobby refused is refused without asking again, at most; milliseconds. */
export const REFUSED_FOR_MS = 30_000;

/** A credential as somebody presents it. */
export interface Presented {
  readonly credential: Resolvable;
  /** `textOf` the credential. It names the evidence in memory, and goes nowhere else. */
  readonly text: string;
  /** What it came with; read only for a key with an allow-list, and when somebody is told where it came from. */
  readonly from: Sender | null;
  /** Whether it came in now, or is of somebody who was let in before and is asked about again. */
  readonly isNew: boolean;
  /** Whether its bearer does something with it, or somebody else asks what it is: that is counted nowhere. */
  readonly isUse: boolean;
}

/**
 * What an isolate remembers a credential by: all of it, as presented. No two kinds share a text: a key has no dot,
 * and neither a key nor a JWT has a space.
 */
export const textOf = (credential: Resolvable): string => {
  switch (credential.kind) {
    case 'key':
      return credential.key.reveal();
    case 'jwt':
      return credential.jwt.reveal();
    case 'pair':
      // No client_id has a space, so that two pairs never become one text.
      return `${credential.clientId} ${credential.clientSecret.reveal()}`;
  }
};

/** Where it comes from, as its owner is shown it. To stay is no new use. */
export const seenOf = ({ from, isNew }: Presented): Seen | null =>
  from === null || !isNew ? null : seenFrom(from);

/** Where its connection comes from. */
export const addressOfPresented = ({ from }: Presented): string | null =>
  from === null ? null : addressOf(from.headers);

/** A result that may have been found out for somebody else, with the challenge for how it is presented here. */
export const toldAs = <T>(result: Result<T>, scheme: Scheme): Result<T> =>
  result.ok || result.refusal.reason !== 'credential_invalid' ? result : err({ ...result.refusal, scheme });

/** A credential that says of itself that it is no good. Not remembered: finding out costs nothing. */
export const invalid = (because: CredentialFault, { credential }: Presented): Result<never> =>
  err({ reason: 'credential_invalid', because, scheme: credential.scheme });

/** The Ring says that this credential admits nothing: remembered for as long as its word holds. */
export const refuseEnded = (
  ports: DecisionPorts,
  { text, credential }: Presented,
  status: EndedStatus,
  until: number,
): Result<never> => err(rememberEnded(ports, text, credential.scheme, status, until));

/** The same of a credential that nobody presents just now: whoever does next is told by its own scheme. */
export const rememberEnded = (
  { memory }: DecisionPorts,
  text: string,
  scheme: Scheme,
  status: EndedStatus,
  until: number,
): Refusal => {
  memory.forget(text);
  const refusal: Refusal =
    status === 'suspended'
      ? { reason: 'owner_suspended' }
      : { reason: 'credential_invalid', because: status, scheme };
  memory.refuse(text, refusal, until);
  return refusal;
};

/** What is wrong with a credential, told again without asking anybody until then. */
export const remember = (
  ports: DecisionPorts,
  { text, credential }: Presented,
  because: CredentialFault,
  until: number,
): Result<never> => {
  const refusal: Refusal = { reason: 'credential_invalid', because, scheme: credential.scheme };
  ports.memory.refuse(text, refusal, until);
  return err(refusal);
};

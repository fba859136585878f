import type { EndedStatus, Seen } from '../model/ports.ts';
import { type CredentialFault, err, type Refusal, type Result, type Scheme } from '../model/refusal.ts';
import type { DecisionPorts } from './ports.ts';

/** A key as somebody presents it. */
export interface PresentedKey {
  /** The whole key. It names the evidence in memory, and goes nowhere else. */
  readonly text: string;
  readonly scheme: Scheme;
  /** Where the request comes from; read only when the Ring is told. */
  readonly seen: () => Seen | null;
}

/** A result that may have been found out for somebody else, with the challenge for how the key is presented here. */
export const toldAs = <T>(result: Result<T>, scheme: Scheme): Result<T> =>
  result.ok || result.refusal.reason !== 'credential_invalid' ? result : err({ ...result.refusal, scheme });

/** A key that says of itself that it is none of ours. Not remembered: finding out costs nothing. */
export const invalid = (because: CredentialFault, { scheme }: PresentedKey): Result<never> =>
  err({ reason: 'credential_invalid', because, scheme });

/** The Ring says that this credential admits nothing: remembered for as long as its word holds. */
export const refuseEnded = (
  ports: DecisionPorts,
  presented: PresentedKey,
  status: EndedStatus,
  until: number,
): Result<never> => {
  ports.memory.forget(presented.text);
  if (status !== 'suspended') return remember(ports, presented, status, until);
  const refusal: Refusal = { reason: 'owner_suspended' };
  ports.memory.refuse(presented.text, refusal, until);
  return err(refusal);
};

/** What is wrong with a key, told again without asking anybody until then. */
export const remember = (
  ports: DecisionPorts,
  presented: PresentedKey,
  because: CredentialFault,
  until: number,
): Result<never> => {
  const refusal: Refusal = { reason: 'credential_invalid', because, scheme: presented.scheme };
  ports.memory.refuse(presented.text, refusal, until);
  return err(refusal);
};

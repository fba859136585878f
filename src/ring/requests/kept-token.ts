import { decodeJwt } from 'jose';
import { type KeptToken, seal, unseal } from '../../model/seal.ts';
import type { RingPorts } from '../parts.ts';

/** What it takes to keep a token. */
export interface KeepParts extends Pick<RingPorts, 'keychain' | 'randomBytes'> {
  readonly rules: { readonly projectId: string };
}

/** A credential with its secret, as it is there while a request is: never in a row. */
export interface Presented {
  readonly credential: { readonly clientId: string; readonly fingerprint: string };
  readonly clientSecret: string;
  /** The scopes of a token for part of them; absent or null for all. */
  readonly scopes?: readonly string[] | null;
}

/** Seals a token under the secret that it stands for, for its place in a table and in the Vault. */
export const sealToken = async (
  parts: KeepParts,
  presented: Presented,
  kept: Omit<KeptToken, 'clientId'>,
): Promise<string> => {
  const { current } = await parts.keychain();
  const plain = { ...kept, clientId: presented.credential.clientId };
  return seal(plain, presented.clientSecret, current, contextOf(parts, presented), parts.randomBytes);
};

/** The token that was sealed, or null when it is another secret's, or its pepper is gone. */
export const unsealToken = async (
  parts: KeepParts,
  presented: Presented,
  sealed: string,
): Promise<string | null> => {
  const context = contextOf(parts, presented);
  const kept = await unseal(sealed, presented.clientSecret, await parts.keychain(), context);
  return kept?.token ?? null;
};

/** When a token was issued, in seconds. It was verified before it was kept. */
export const issuedAtOf = (token: string): number => decodeJwt(token).iat ?? 0;

/** No fingerprint has a space: a token for part of the scopes opens in no other one's place. */
const contextOf = (parts: KeepParts, { credential: { fingerprint }, scopes }: Presented) => ({
  project: parts.rules.projectId,
  place: [fingerprint, ...(scopes ?? [])].join(' '),
});

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
}

/** Seals a token under the secret that it stands for, for its place in a table and in the Vault. */
export const sealToken = async (
  parts: KeepParts,
  { credential, clientSecret }: Presented,
  kept: Omit<KeptToken, 'clientId'>,
): Promise<string> => {
  const { current } = await parts.keychain();
  const plain = { ...kept, clientId: credential.clientId };
  return seal(plain, clientSecret, current, contextOf(parts, credential.fingerprint), parts.randomBytes);
};

/** The token that was sealed, or null when it is another secret's, or its pepper is gone. */
export const unsealToken = async (
  parts: KeepParts,
  { credential, clientSecret }: Presented,
  sealed: string,
): Promise<string | null> => {
  const context = contextOf(parts, credential.fingerprint);
  const kept = await unseal(sealed, clientSecret, await parts.keychain(), context);
  return kept?.token ?? null;
};

const contextOf = (parts: KeepParts, fingerprint: string) => ({
  project: parts.rules.projectId,
  place: fingerprint,
});

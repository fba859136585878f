import { framed, toBase64url } from './bytes.ts';
import type { MasterKey } from './keychain.ts';

/**
 * The name of a client's secret, for everybody who must know it without knowing the secret: the Vault's key,
 * the Ring's row, the unit of single-flight, kept token and lease. HMAC-SHA-256 under the pepper, whole
 * (43 characters of base64url), over the framed kind, project, client_id and secret: no two different
 * credentials, projects or kinds can share one.
 */
export const fingerprintOf = async (
  master: MasterKey,
  project: string,
  clientId: string,
  clientSecret: string,
): Promise<string> => {
  const message = framed('client_secret', project, clientId, clientSecret);
  return toBase64url(new Uint8Array(await crypto.subtle.sign('HMAC', master.fingerprintKey, message)));
};

/**
 * The name of an address's block, for counting what comes from there: HMAC-SHA-256 under the pepper. Without the pepper,
 * who reads it cannot tell which of the few billion addresses it was.
 */
export const nameOfAddress = async (master: MasterKey, project: string, block: string): Promise<string> => {
  const message = framed('address', project, block);
  return toBase64url(new Uint8Array(await crypto.subtle.sign('HMAC', master.fingerprintKey, message)));
};

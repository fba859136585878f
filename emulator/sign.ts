import { base64url, exportSPKI, importJWK, type JWTPayload, SignJWT } from 'jose';
import { nowSeconds } from './clock.ts';
import type { TokenFault } from './faults.ts';
import type { JsonObject } from './json.ts';
import { currentKey, foreignKey, type SigningKey } from './keys.ts';
import type { Project } from './project.ts';

/** Who signs: the project, a stranger, nobody, or HMAC with the public key as its secret (RFC 8725 §2.1). */
export type Signer = 'project' | 'foreign' | 'none' | 'hmac';

/** Signs claims as the project does, unless a fault wants the token wrong. */
export const sign = async (
  project: Project,
  claims: JsonObject,
  fault: TokenFault | null,
): Promise<string> => {
  if (fault === null) return await signAs(project, 'project', claims, {});
  const signer = fault.kind === 'foreignKey' ? 'foreign' : 'project';
  return await signAs(project, signer, spoil(project, claims, fault), fault.header ?? {});
};

/** Signs any claims under any header; a header or claim that is null is left out. */
export const signAs = async (
  project: Project,
  signer: Signer,
  claims: JsonObject,
  header: JsonObject,
): Promise<string> => {
  const current = currentKey(project);
  const algorithm = { project: 'RS256', foreign: 'RS256', none: 'none', hmac: 'HS256' }[signer];
  const fullHeader = withoutNulls({ alg: algorithm, kid: current.kid, typ: 'JWT', ...header });
  if (signer === 'project') return await signRsa(current, claims, fullHeader);
  if (signer === 'foreign') return await signRsa(await foreignKey(project), claims, fullHeader);
  const input = `${encode(fullHeader)}.${encode(withoutNulls(claims))}`;
  return `${input}.${signer === 'none' ? '' : await hmacWithPublicKey(current, input)}`;
};

/** Drops every key that is null or undefined. */
export const withoutNulls = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined));

const signRsa = async (key: SigningKey, claims: JsonObject, header: JsonObject): Promise<string> =>
  await new SignJWT(withoutNulls(claims) as JWTPayload)
    .setProtectedHeader({ ...header, alg: 'RS256' })
    .sign(key.privateJwk);

const spoil = (project: Project, claims: JsonObject, fault: TokenFault): JsonObject => {
  const past = nowSeconds(project) - 7200;
  switch (fault.kind) {
    case 'foreignKey':
      return claims;
    case 'wrongSubject':
      return { ...claims, sub: fault.subject ?? `m2m-client-${project.environment}-${crypto.randomUUID()}` };
    case 'wrongAudience':
      return { ...claims, aud: [`project-${project.environment}-${crypto.randomUUID()}`] };
    case 'wrongIssuer':
      return { ...claims, iss: `stytch.com/project-${project.environment}-${crypto.randomUUID()}` };
    case 'expired':
      return { ...claims, iat: past, nbf: past, exp: past + 3600 };
    case 'missingClaim':
      return { ...claims, [fault.claim ?? 'user_id']: null };
    case 'changedClaims':
      return { ...claims, ...fault.claims };
  }
};

const hmacWithPublicKey = async (key: SigningKey, input: string): Promise<string> => {
  const publicKey = (await importJWK(key.publicJwk, 'RS256', { extractable: true })) as CryptoKey;
  const secret = new TextEncoder().encode(await exportSPKI(publicKey));
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', secret, hmac, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', imported, new TextEncoder().encode(input));
  return base64url.encode(new Uint8Array(signature));
};

const encode = (object: JsonObject): string => base64url.encode(JSON.stringify(object));

import { base64url, exportJWK, type JWK } from 'jose';
import { certificate } from './certificate.ts';
import { nowMs, timestamp } from './clock.ts';
import { makeId } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { Project } from './project.ts';
import { readSetting, writeSetting } from './settings.ts';

/** A key that signs, with the `kid` it is known by. */
export type SigningKey = { readonly kid: string; readonly privateJwk: JWK; readonly publicJwk: JWK };

type Row = { kid: string; private_jwk: string; public_jwk: string; created_ms: number };

const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
};

/** Makes the project's first signing key, unless it has one. */
export const ensureSigningKey = async (project: Project): Promise<void> => {
  if (rows(project).length === 0) await rotateKeys(project);
};

/** Makes a new signing key; the older ones stay in the JWKS until they are retired. */
export const rotateKeys = async (project: Project): Promise<string> => {
  const key = await makeKey(project);
  project.sql.exec(
    'INSERT INTO signing_keys (kid, private_jwk, public_jwk, created_ms) VALUES (?, ?, ?, ?)',
    key.kid,
    JSON.stringify(key.privateJwk),
    JSON.stringify(key.publicJwk),
    nowMs(project),
  );
  return key.kid;
};

/** Takes one older key, or all of them, out of the JWKS; the newest stays. */
export const retireKeys = (project: Project, kid: string | null): readonly string[] => {
  const retired = rows(project)
    .slice(1)
    .map((row) => row.kid)
    .filter((older) => kid === null || older === kid);
  for (const older of retired) project.sql.exec('DELETE FROM signing_keys WHERE kid = ?', older);
  return retired;
};

/** The key that signs now. */
export const currentKey = (project: Project): SigningKey => {
  const [row] = rows(project);
  if (row === undefined) throw new Error('the project has no signing key');
  return { kid: row.kid, privateJwk: JSON.parse(row.private_jwk), publicJwk: JSON.parse(row.public_jwk) };
};

/** A key that is in no JWKS: what a forger has. */
export const foreignKey = async (project: Project): Promise<SigningKey> => {
  const stored = readSetting<JsonObject>(project, 'foreign_key', {});
  if (stored.kid !== undefined) return stored as unknown as SigningKey;
  const made = await makeKey(project);
  writeSetting(project, 'foreign_key', made as unknown as JsonObject);
  return made;
};

/** The public keys, newest first: the body of the JWKS endpoints. */
export const publicKeys = (project: Project): readonly JWK[] =>
  rows(project).map((row) => JSON.parse(row.public_jwk) as JWK);

/** The keys as the side door shows them. */
export const showKeys = (project: Project) =>
  rows(project).map(({ kid, created_ms }, at) => ({
    kid,
    current: at === 0,
    createdAt: timestamp(created_ms),
  }));

const rows = (project: Project): Row[] =>
  project.sql
    .exec<Row>('SELECT kid, private_jwk, public_jwk, created_ms FROM signing_keys ORDER BY sequence DESC')
    .toArray();

const makeKey = async (project: Project): Promise<SigningKey> => {
  const pair = (await crypto.subtle.generateKey(RSA, true, ['sign', 'verify'])) as CryptoKeyPair;
  const kid = makeId(project, 'jwk');
  const der = await certificate(pair, 'stytch-emulator', nowMs(project));
  const { n, e } = await exportJWK(pair.publicKey);
  const thumbprint = new Uint8Array(await crypto.subtle.digest('SHA-256', der));
  const publicJwk = {
    ...{ kty: 'RSA', use: 'sig', key_ops: ['verify'], alg: 'RS256', kid },
    ...{ x5c: [base64(der)], x5tS256: base64(thumbprint), n, e },
  } as JWK;
  return { kid, privateJwk: { ...(await exportJWK(pair.privateKey)), alg: 'RS256' }, publicJwk };
};

/** Base64 with padding, which `x5c` wants (RFC 7517 §4.7). */
const base64 = (bytes: Uint8Array): string => {
  const unpadded = base64url.encode(bytes).replaceAll('-', '+').replaceAll('_', '/');
  return unpadded.padEnd(Math.ceil(unpadded.length / 4) * 4, '=');
};

import { nowMs, nowSeconds, shortTimestamp } from './clock.ts';
import { isObject, type Json, type JsonObject } from './json.ts';
import type { Project } from './project.ts';
import { type Signer, signAs, withoutNulls } from './sign.ts';

const SIGNERS: readonly Json[] = ['project', 'foreign', 'none', 'hmac'] satisfies readonly Signer[];

/** Makes any token for a test; the answer says what is wrong with the wish, or is the token. */
export const makeToken = async (project: Project, origin: string, wanted: JsonObject) => {
  const { kind = 'm2m', signer = 'project', claims = {}, header = {} } = wanted;
  if (!isSigner(signer)) return `signer must be one of ${SIGNERS.join(', ')}`;
  if (!isObject(claims) || !isObject(header)) return 'claims and header must be objects';
  const base = typeof kind === 'string' && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (base === undefined) return `kind must be one of ${Object.keys(KINDS).join(', ')}`;
  const full = withoutNulls({ ...base(project, origin), ...claims });
  return { token: await signAs(project, signer, full, header), claims: full };
};

const isSigner = (value: Json): value is Signer => SIGNERS.includes(value);

const standard = (project: Project, seconds: number): JsonObject => {
  const iat = nowSeconds(project);
  return { iss: `stytch.com/${project.id}`, aud: [project.id], iat, nbf: iat, exp: iat + seconds };
};

const sessionClaim = (project: Project, id: string, roles: readonly string[]): JsonObject => {
  const ms = nowMs(project);
  const times = { started_at: shortTimestamp(ms), last_accessed_at: shortTimestamp(ms) };
  return {
    ...{ id, ...times, expires_at: shortTimestamp(ms + 3_600_000) },
    ...{ attributes: { user_agent: '', ip_address: '' }, roles },
    authentication_factors: [{ type: 'password', delivery_method: 'knowledge' }],
  };
};

const id = (project: Project, kind: string): string =>
  `${kind}-${project.environment}-00000000-0000-4000-8000-000000000000`;

/** The claims that each kind of token has when a test changes nothing. */
const KINDS: Readonly<Record<string, (project: Project, origin: string) => JsonObject>> = {
  empty: () => ({}),
  m2m: (project) => ({ ...standard(project, 3600), sub: id(project, 'm2m-client'), scope: 'read:users' }),
  session: (project) => ({
    ...{ ...standard(project, 300), sub: id(project, 'user') },
    'https://stytch.com/session': sessionClaim(project, id(project, 'session'), ['stytch_user']),
  }),
  memberSession: (project) => ({
    ...{ ...standard(project, 300), sub: id(project, 'member') },
    'https://stytch.com/session': sessionClaim(project, id(project, 'member-session'), ['stytch_member']),
    'https://stytch.com/organization': { organization_id: id(project, 'organization'), slug: 'example' },
  }),
  connectedApp: (project) => ({
    ...{ ...standard(project, 3600), sub: id(project, 'user'), jti: crypto.randomUUID() },
    ...{ aud: [id(project, 'connected-app'), project.id], client_id: id(project, 'connected-app') },
    scope: 'openid email profile',
  }),
  idToken: (project, origin) => ({
    ...{
      ...standard(project, 3600),
      iss: origin,
      sub: id(project, 'user'),
      aud: [id(project, 'connected-app')],
    },
    ...{ email: 'ada@example.com', email_verified: true, name: 'Ada Example', nonce: 'nonce' },
  }),
};

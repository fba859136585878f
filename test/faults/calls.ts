import type { PortKind } from './kinds.ts';

/** Who calls: the Worker, or one of its Durable Objects. */
export type Caller = 'Worker' | 'Ring' | 'Lobby';

/** A call of a run: its name, how it can fail. */
export interface Called {
  readonly name: string;
  readonly kind: PortKind;
}

/** What is asked of Durable Objects that may answer that there is none, and what has no answer but that it was done. */
const NULLABLE: ReadonlySet<string> = new Set([
  'get',
  'limits',
  'ownerOfKey',
  'openDevice',
  'reconciliation',
]);
const ERRANDS: ReadonlySet<string> = new Set([
  ...['settle', 'renew', 'release', 'forgetTokens', 'markSeen', 'takeBackTry', 'settleDevice', 'tellTokens'],
]);

/** How a method of a Durable Object can fail. */
export const kindOfMethod = (method: string): PortKind => {
  if (ERRANDS.has(method)) return 'errand';
  return NULLABLE.has(method) ? 'nullable' : 'object';
};

/** Stytch's endpoints, by what is asked of them. */
const ENDPOINTS: readonly (readonly [RegExp, string])[] = [
  [/^POST .*\/oauth2\/token$/, 'token'],
  [/^GET .*\/sessions\/jwks\//, 'JWKS'],
  [/^POST .*\/sessions\/authenticate$/, 'sessions authenticate'],
  [/^POST .*\/sessions\/revoke$/, 'sessions revoke'],
  [/^GET \/v1\/users\//, 'users get'],
  [/^POST .*\/m2m\/clients$/, 'clients create'],
  [/^POST .*\/m2m\/clients\/search$/, 'clients search'],
  [/^POST .*\/rotate\/start$/, 'rotate start'],
  [/^POST .*\/rotate\/cancel$/, 'rotate cancel'],
  [/^POST .*\/rotate$/, 'rotate'],
  [/^GET .*\/m2m\/clients\//, 'clients get'],
  [/^PUT .*\/m2m\/clients\//, 'clients update'],
  [/^DELETE .*\/m2m\/clients\//, 'clients delete'],
];

/** What a call of Stytch's is named. */
export const ofStytch = (caller: Caller, method: string, pathname: string): Called => {
  const asked = `${method} ${pathname}`;
  const endpoint = ENDPOINTS.find(([pattern]) => pattern.test(asked))?.[1] ?? asked;
  return { name: `${caller} → Stytch ${endpoint}`, kind: 'stytch' };
};

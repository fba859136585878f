import type { Identity } from './claims.ts';
import { type Refused, refused } from './refusal.ts';

/** `Headers` of any runtime, or Node's `IncomingMessage.headers` / `headersDistinct`. */
export type HeadersLike =
  | { get(name: string): string | null; [Symbol.iterator](): Iterator<[string, string]> }
  | { readonly [name: string]: string | readonly string[] | undefined };

/** The edge's own headers of a request, by what follows the prefix. */
export interface Received {
  readonly ok: true;
  readonly assertion: string;
  readonly values: ReadonlyMap<string, string>;
}

const SUFFIXES = ['assertion', 'auth', 'user-id', 'organization-id', 'key-id', 'scopes'] as const;

/** Finds the edge's headers, each once and in its own spelling. */
export const receive = (headers: HeadersLike, prefix: string): Received | Refused => {
  const names = new Map(SUFFIXES.map((suffix) => [`${prefix.toLowerCase()}-${suffix}`, suffix as string]));
  const values = new Map<string, string>();
  for (const [name, value] of entries(headers)) {
    const lower = name.toLowerCase();
    const suffix = names.get(lower.replace(/[^a-z0-9]/g, '-'));
    if (suffix === undefined || value === undefined) continue;
    // The edge never lets `X_Latchkey_User_Id` pass, but a framework here may read it as the true one.
    if (!names.has(lower)) return refused('header_alias');
    const single = typeof value === 'string' ? value : value.length === 1 ? value[0] : undefined;
    if (single === undefined || values.has(suffix)) return refused('assertion_duplicated');
    values.set(suffix, single);
  }
  const assertion = values.get('assertion');
  if (assertion === undefined || assertion === '') return refused('assertion_missing');
  // Two header lines reach us joined by a comma (RFC 9110 §5.3); no JWT has one.
  if (assertion.includes(',')) return refused('assertion_duplicated');
  return { ok: true, assertion, values };
};

/** Whether the plain headers say exactly what the assertion says: no more, no less, nothing else. */
export const agree = ({ values }: Received, identity: Identity): boolean => {
  const said: readonly (readonly [string, string | null])[] = [
    ['auth', identity.auth],
    ['user-id', identity.userId],
    ['organization-id', identity.organizationId],
    ['key-id', identity.clientId],
    ['scopes', identity.scopes.length === 0 ? null : identity.scopes.join(' ')],
  ];
  // A proxy that asks the edge for its decision may write an empty value where the edge says nothing.
  return said.every(([suffix, value]) => (values.get(suffix) ?? '') === (value ?? ''));
};

const entries = (headers: HeadersLike): Iterable<[string, string | readonly string[] | undefined]> =>
  isIterable(headers) ? headers : Object.entries(headers);

const isIterable = (headers: HeadersLike): headers is Extract<HeadersLike, Iterable<[string, string]>> =>
  typeof (headers as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';

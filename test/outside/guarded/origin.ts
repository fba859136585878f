/** Where an origin under test finds the edge. */
export interface Setting {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
}

/**
 * A real server that lets in who comes through the edge. It answers any path with what it knows of the caller; `/healthz`
 * to anybody; `/optional/…` to anonymous callers; `/v1/strict/…` to requests with an assertion of their own, once; and
 * `/v1/any/admin` to callers who have `admin:all`.
 */
export interface GuardedOrigin {
  readonly name: string;
  readonly start: (setting: Setting) => Promise<Started>;
}

export interface Started {
  readonly port: number;
  /** How many requests came to a handler. */
  readonly handled: () => number;
  readonly stop: () => Promise<void>;
}

/** What a handler answers. */
export const told = (identity: {
  readonly userId: string | null;
  readonly clientId: string | null;
  readonly auth: string;
  readonly scopes: readonly string[];
}) => ({
  user: identity.userId,
  key: identity.clientId,
  auth: identity.auth,
  scopes: identity.scopes,
});

/** What the origins in this process are guarded by, besides where the edge is. */
export const rules = {
  healthPaths: ['/healthz'],
  allowAnonymous: ({ url }: { readonly url: string }) => url.startsWith('/optional/'),
  requireRequestBinding: ({ url }: { readonly url: string }) => url.startsWith('/v1/strict/'),
};

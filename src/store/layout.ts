/**
 * The name of every KV entry that Latchkey writes, and for how long. `docs/storage.md` is made from this table.
 */
export const KV_ENTRIES = {
  token: {
    pattern: 't1.<fingerprint>',
    value: 'An access token, sealed under the credential that it stands for (AES-256-GCM).',
    lifetime: "the token's remaining life less 30 s; not written when that is under 60 s",
  },
  jwks: {
    pattern: 'j1.<project_id>',
    value: "The Stytch project's public signing keys with `fetched_at` and an HMAC of ours.",
    lifetime: '24 h',
  },
} as const;

/** KV refuses a shorter life (Workers KV limits). */
export const KV_MIN_TTL_SECONDS = 60;

/** The name of a kept token. */
export const tokenEntry = (fingerprint: string): string => `t1.${fingerprint}`;

/** The name of the copy of a project's JWKS. */
export const jwksEntry = (projectId: string): string => `j1.${projectId}`;

import type { Scheme } from './refusal.ts';
import type { Secret } from './secret.ts';

/**
 * What was presented, unchecked, and of exactly one kind. What it is taken for, its text says; whether it is good
 * nobody knows yet.
 */
export type Credential =
  | { readonly kind: 'none' }
  /** A scheme that we do not speak. Not the same as none: nobody who presents something is anonymous. */
  | { readonly kind: 'unsupported' }
  | {
      /** An API key, or our own client pair written as one. */
      readonly kind: 'key';
      readonly auth: 'api_key' | 'client_credentials';
      readonly scheme: Scheme;
      /** The whole key: client_id, `_`, secret, tag, CRC. */
      readonly key: Secret;
    }
  | { readonly kind: 'jwt'; readonly scheme: 'bearer'; readonly jwt: Secret }
  | {
      /** The pair of a client that was not made here. */
      readonly kind: 'pair';
      readonly scheme: 'basic';
      readonly clientId: string;
      readonly clientSecret: Secret;
    }
  | {
      /** Something that no grammar of ours admits. */
      readonly kind: 'unknown';
      readonly scheme: Scheme;
    };

/** A credential that can be found out about. The others are judged by what they look like. */
export type Resolvable = Extract<Credential, { readonly kind: 'key' | 'jwt' | 'pair' }>;

export type KeyCredential = Extract<Credential, { readonly kind: 'key' }>;
export type JwtCredential = Extract<Credential, { readonly kind: 'jwt' }>;
export type PairCredential = Extract<Credential, { readonly kind: 'pair' }>;

/** What a credential is called in the log. */
export const kindOf = (credential: Credential): string =>
  credential.kind === 'key' ? credential.auth : credential.kind;

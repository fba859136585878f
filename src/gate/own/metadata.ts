import { json } from '../../http/answer.ts';
import { canonicalPath, type PathParams } from '../../model/path.ts';
import { METHODS, type Policy } from '../../model/policy.ts';
import { err, ok, type RefusalOf, type Result } from '../../model/refusal.ts';
import { isReserved, metadataPathOf, resourcePathOf } from '../../model/resource.ts';
import { sliceUrl, type Target } from '../target.ts';

/** What clients are told of what the API hosts protect (RFC 9728). */
export interface ResourceRules {
  /** Of each API host, its URL without a slash at its end: the resource identifier. */
  readonly urls: ReadonlyMap<string, string>;
  readonly pathParams: PathParams;
  /** The authorization server: the Desk's URL. */
  readonly deskUrl: string;
  /** The scopes that a client can ask for. */
  readonly scopes: readonly string[];
  readonly policy: Policy;
}

export interface ResourceMetadata {
  /** The answer to a request for metadata, for anybody; null for every other request. */
  readonly answer: (
    target: Target,
    requestId: string,
  ) => Result<Response, RefusalOf<'method_not_allowed' | 'no_route'>> | null;
  /** RFC 9728 §5.1: where the metadata of what a request asked for is; null if it asked for nothing of ours. */
  readonly urlFor: (url: string) => string | null;
}

/** How long a client may keep it, in seconds: it changes by a deployment only. */
const MAX_AGE_SECONDS = 3600;

/** Whoever may read it at all, may read it in a browser: it is the same for everybody (RFC 9728 §3.1). */
const HEADERS = {
  'cache-control': `public, max-age=${MAX_AGE_SECONDS}`,
  'access-control-allow-origin': '*',
} as const;

/**
 * RFC 9728 §3.3 has clients believe metadata only if `resource` is "identical to the URL that the client used to make
 * the request". So every path that asks for a credential is a resource with metadata of its own, beside the host.
 */
export const createResourceMetadata = (rules: ResourceRules): ResourceMetadata => {
  const document = (resource: string) => ({
    resource,
    authorization_servers: [rules.deskUrl],
    // RFC 9728 §3.2: "Parameters with zero values MUST be omitted".
    ...(rules.scopes.length > 0 ? { scopes_supported: rules.scopes } : {}),
    bearer_methods_supported: ['header'],
  });
  return {
    answer: ({ host, method, path }, requestId) => {
      if (!isReserved(path)) return null;
      const base = rules.urls.get(host);
      const resource = resourcePathOf(path);
      const isHost = resource === '/';
      if (base === undefined || resource === null || !(isHost || isProtected(rules.policy, resource)))
        return err({ reason: 'no_route' });
      if (method !== 'GET' && method !== 'HEAD') return err(READ_ONLY);
      return ok(json(document(isHost ? base : `${base}${resource}`), 200, requestId, HEADERS));
    },
    urlFor: (url) => {
      const { host, path: raw } = sliceUrl(url);
      const base = rules.urls.get(host);
      const { path } = canonicalPath(raw, rules.pathParams);
      return base === undefined || path === undefined ? null : `${base}${metadataPathOf(path)}`;
    },
  };
};

const READ_ONLY = { reason: 'method_not_allowed', allow: ['GET', 'HEAD'] } as const;

/** Whether some method of a path asks for a credential, or takes one. */
const isProtected = (policy: Policy, path: Target['path']): boolean =>
  METHODS.some((method) => (policy.match(path, method).route?.auth ?? 'none') !== 'none');

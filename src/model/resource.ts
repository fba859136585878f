import type { CanonicalPath } from './path.ts';

/** RFC 9728 §3: where clients learn how to get in. The Gate answers it, and all below it, on every API host. */
export const RESERVED_PATH = '/.well-known/oauth-protected-resource';

/** Whether a path is for metadata, not for the origin. */
export const isReserved = (path: string): boolean =>
  path.startsWith(RESERVED_PATH) &&
  (path.length === RESERVED_PATH.length || path[RESERVED_PATH.length] === '/');

/** RFC 9728 §3.1: the well-known path goes between host and path; a slash alone is no path. */
export const metadataPathOf = (path: CanonicalPath): string =>
  path === '/' ? RESERVED_PATH : `${RESERVED_PATH}${path}`;

/**
 * The path of the resource that metadata is asked for: `/` where none is named, null where no resource has its
 * metadata there.
 */
export const resourcePathOf = (path: CanonicalPath): CanonicalPath | null => {
  const resource = path.slice(RESERVED_PATH.length);
  if (resource === '') return '/' as CanonicalPath;
  return resource === '/' ? null : (resource as CanonicalPath);
};

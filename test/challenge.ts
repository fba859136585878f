import { expect } from 'vitest';

const METADATA =
  /, resource_metadata="(https:\/\/[a-z0-9.]+(?::[0-9]+)?\/\.well-known\/oauth-protected-resource(?:\/[\x21\x23-\x5b\x5d-\x7e]*)?)"$/;

/**
 * A challenge without where to read more (RFC 9728 §5.1), which differs from path to path. The Gate's must have it,
 * the Desk's must not.
 */
export const withoutMetadata = (challenge: string | null): string | null => {
  if (challenge === null) return null;
  const isGates = challenge.includes('Bearer realm="acme-api"');
  expect(METADATA.test(challenge), challenge).toBe(isGates);
  return challenge.replace(METADATA, '');
};

/** Where a challenge of the Gate says that more is to be read. */
export const metadataUrlOf = (challenge: string | null): string | null =>
  METADATA.exec(challenge ?? '')?.[1] ?? null;

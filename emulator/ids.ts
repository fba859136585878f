import { base64url } from 'jose';
import type { Project } from './project.ts';

/** An id in Stytch's shape: `user-test-<uuid v4>`. */
export const makeId = (project: Project, kind: string): string =>
  `${kind}-${project.environment}-${crypto.randomUUID()}`;

/** 33 random bytes in base64url, 44 characters: Stytch's shape of client secrets and session tokens. */
export const makeSecret = (): string => base64url.encode(crypto.getRandomValues(new Uint8Array(33)));

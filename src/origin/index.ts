export type { AuthKind, Identity } from './claims.ts';
export { createGuard, type Guard, type Guarded, type GuardOptions, missingScopes } from './guard.ts';
export type { HeadersLike } from './headers.ts';
export { type Answer, answer, type Reason, type Refused } from './refusal.ts';
export { isNewInMemory } from './replay.ts';
export type { RequestLike } from './request.ts';
export { createVerifier, type IsNew, type Verified, type VerifierOptions, type Verify } from './verifier.ts';

import { SignJWT } from 'jose';
import { openAssertionKeys, type SignerOptions } from '../gate/forward/assertion.ts';
import type { AuditHead } from '../model/life.ts';

/** RFC 7515 `typ` of a head: no verifier of assertions takes it for one. */
const HEAD_TYPE = 'latchkey-audit-head+jwt';

/**
 * Signs heads of audit trails with the key of assertions, whose public half anybody can have. A head that is kept
 * elsewhere shows later whether the trail was cut off or written anew. It has no end.
 */
export const createHeadSigner = (jwks: SignerOptions['jwks'], issuer: string) => {
  const { kid, signingKey } = openAssertionKeys(jwks);
  return async ({ ring, seq, mac }: AuditHead, now: number): Promise<string> =>
    new SignJWT({ ring, seq, mac })
      .setProtectedHeader({ alg: 'ES256', typ: HEAD_TYPE, kid })
      .setIssuer(issuer)
      .setIssuedAt(Math.floor(now / 1000))
      .sign(await signingKey());
};

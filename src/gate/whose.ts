import type { JwtCredential } from '../model/credential.ts';
import type { Evidence } from '../model/evidence.ts';
import type { Result } from '../model/refusal.ts';
import type { Trace } from '../model/trace.ts';
import type { DecisionPorts } from './ports.ts';
import { resolve } from './resolve/index.ts';

/** What a JWT is and whose, by what it proves of itself: its Ring is not asked, and may have ended or suspended it. */
export type Whose = (credential: JwtCredential, trace: Trace) => Promise<Result<Evidence>>;

/** Finds out whose a token is exactly as a request would that it came with. */
export const createWhose =
  (ports: DecisionPorts): Whose =>
  (credential, trace) => {
    const text = credential.jwt.reveal();
    return resolve(ports, { credential, text, from: null, isNew: false, isUse: false }, 0, trace);
  };

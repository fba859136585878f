import type { Evidence } from '../../model/evidence.ts';
import type { Identity } from '../../model/identity.ts';
import type { Route } from '../../model/policy.ts';
import type { TraceContext } from '../../model/trace-context.ts';
import type { Target } from '../target.ts';
import type { Leave } from './watch.ts';

/** What is to be forwarded, for whom. */
export interface Passage {
  readonly request: Request;
  readonly target: Target;
  readonly route: Route;
  readonly identity: Identity;
  readonly evidence: Evidence | null;
  readonly requestId: string;
  readonly context: TraceContext;
  /** For how long the answer may be open; null for anonymous callers: as long as it likes. */
  readonly leave: Leave | null;
  /** Whether it is the handshake of a WebSocket. */
  readonly isHandshake: boolean;
}

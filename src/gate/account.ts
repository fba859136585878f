import type { Log, LogValue } from '../model/ports.ts';
import type { Refusal } from '../model/refusal.ts';
import { newTrace, type Trace, traceFields } from '../model/trace.ts';

/** What the Gate came to know of a request, for the log. */
export interface Account extends Trace {
  route: string | null;
  decision: 'forwarded' | 'answered' | 'decided';
}

export const newAccount = (decision: Account['decision']): Account => ({
  ...newTrace(),
  route: null,
  decision,
});

/** One line for each request. */
export const record = (
  log: Log,
  id: string,
  account: Account,
  status: number,
  refusal: Refusal | null,
  more: Readonly<Record<string, LogValue>> = {},
): void =>
  log({
    event: 'request',
    request_id: id,
    route: account.route,
    decision: refusal === null ? account.decision : 'refused',
    reason: refusal?.reason ?? null,
    because: refusal !== null && 'because' in refusal ? refusal.because : null,
    status,
    ...traceFields(account),
    ...more,
  });

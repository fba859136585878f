import { refuse } from './http/answer.ts';
import type { Log } from './model/ports.ts';
import type { Refusal } from './model/refusal.ts';

type Handler = (request: Request) => Promise<Response>;

export interface AppPorts {
  /** The Desk's host, lower-case, with its port if it has one. */
  readonly deskHost: string;
  readonly deskUrl: string;
  readonly hostOf: (url: string) => string;
  readonly desk: Handler;
  readonly gate: Handler;
  readonly newRequestId: () => string;
  readonly log: Log;
}

/**
 * Two doors: the Desk's host leads to the Desk, every other to the Gate, which knows its own. Behind both, a bug
 * is 500 and nothing is forwarded.
 */
export const createApp =
  (ports: AppPorts): Handler =>
  async (request) => {
    try {
      return await (ports.hostOf(request.url) === ports.deskHost ? ports.desk(request) : ports.gate(request));
    } catch (error) {
      const requestId = ports.newRequestId();
      // The stack names our own files and lines; a message could quote what was presented.
      const stack = error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 6).join(' | ') : '';
      const name = error instanceof Error ? error.name : 'unknown';
      const said = {
        event: 'request',
        request_id: requestId,
        decision: 'failed',
        reason: 'internal',
        status: 500,
      };
      ports.log({ ...said, error: name, stack });
      return refuse({ reason: 'internal' }, { requestId, deskUrl: ports.deskUrl, realm: ports.deskUrl });
    }
  };

/** What a Worker answers that is not configured: 503, by the names of the settings, and it forwards nothing. */
export const unconfigured = (problems: readonly string[], requestId: string, log: Log): Response => {
  const refusal: Refusal = { reason: 'misconfigured', problems };
  log({ event: 'request', request_id: requestId, decision: 'refused', reason: refusal.reason, status: 503 });
  return refuse(refusal, { requestId, deskUrl: '', realm: 'latchkey' });
};

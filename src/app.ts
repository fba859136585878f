import { refuse } from './http/answer.ts';
import { failureFields } from './http/failure.ts';
import { forBrowsers } from './http/for-browsers.ts';
import type { Log } from './model/ports.ts';
import type { Refusal } from './model/refusal.ts';

type Handler = (request: Request) => Promise<Response>;

export interface AppPorts {
  readonly deskUrl: string;
  /** Whether the Desk's host is asked, and nothing else is named as one. */
  readonly isForDesk: (request: Request) => boolean;
  /** What other proxies of the operator's ask, at the Desk's host; null for what is no question, or nobody may ask. */
  readonly decision: (request: Request) => Promise<Response | null>;
  /** The pages for people, at the Desk's host; null for what is none of them. */
  readonly portal: (request: Request) => Promise<Response | null>;
  readonly desk: Handler;
  readonly gate: Handler;
  readonly newRequestId: () => string;
  readonly log: Log;
}

/**
 * Two doors: the Desk's host leads to the portal, and to the Desk for all that is no page; every other to the Gate, which
 * knows its own. Behind both, a bug is 500 and nothing is forwarded. What browsers are told of the Desk's host is told here.
 */
export const createApp =
  (ports: AppPorts): Handler =>
  async (request) => {
    const { deskUrl } = ports;
    const isDesk = ports.isForDesk(request);
    try {
      if (!isDesk) return await ports.gate(request);
      // It is no browser's, and a refusal in it goes to the client of the API as it is.
      const decided = await ports.decision(request);
      if (decided !== null) return decided;
      return forBrowsers((await ports.portal(request)) ?? (await ports.desk(request)), deskUrl);
    } catch (error) {
      const requestId = ports.newRequestId();
      const said = {
        event: 'request',
        host: isDesk ? 'desk' : 'api',
        request_id: requestId,
        decision: 'failed',
        reason: 'internal',
        status: 500,
      };
      ports.log({ ...said, ...failureFields(error) });
      const answer = refuse({ reason: 'internal' }, { requestId, deskUrl, realm: deskUrl });
      return isDesk ? forBrowsers(answer, deskUrl) : answer;
    }
  };

/** What a Worker answers that is not configured: 503, by the names of the settings, and it forwards nothing. */
export const unconfigured = (problems: readonly string[], requestId: string, log: Log): Response => {
  const refusal: Refusal = { reason: 'misconfigured', problems };
  log({ event: 'request', request_id: requestId, decision: 'refused', reason: refusal.reason, status: 503 });
  return refuse(refusal, { requestId, deskUrl: '', realm: 'latchkey' });
};

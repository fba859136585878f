import { addressRanges } from '../../src/model/address.ts';
import { addressed, peerOf } from './peer.ts';

/** The Worker as production has it, and what of it is called here. */
interface Worker {
  readonly fetch: (request: Request, env: unknown, context: ExecutionContext) => Promise<Response>;
  readonly scheduled: (event: ScheduledController, env: unknown, context: ExecutionContext) => Promise<void>;
}

/**
 * Stands in front of the Worker where Cloudflare would, in the same isolate: what no client may say of itself it cannot
 * say. The socket has taken the header out, unless proxies are there to write it.
 */
export const guard = (worker: Worker, proxies: readonly string[] | null) => {
  const ranges = proxies === null ? null : addressRanges(proxies);
  return {
    fetch: (request: Request, env: unknown, context: ExecutionContext): Promise<Response> | Response => {
      const { isHeard, address } = addressed(peerOf(request.cf), ranges);
      if (!isHeard) return notHeard();
      return worker.fetch(address === null ? request : saying(address, request), env, context);
    },
  };
};

/** The same request, from its URL's every byte to its signal: only a header of it is another. */
const saying = (address: string, request: Request): Request => {
  const headers = new Headers(request.headers);
  headers.set('cf-connecting-ip', address);
  return new Request(request, { headers });
};

const notHeard = (): Response =>
  new Response('This server answers to its own proxies alone.\n', {
    status: 403,
    headers: { 'cache-control': 'no-store', 'content-type': 'text/plain' },
  });

/** What the supervisor asks of the Worker, at a socket that nobody else can open: whether it is well, and the daily work. */
export const attendant = (worker: Worker) => ({
  fetch: async (request: Request, env: unknown, context: ExecutionContext): Promise<Response> => {
    const { pathname } = new URL(request.url);
    switch (`${request.method} ${pathname}`) {
      case 'GET /healthz':
        return worker.fetch(request, env, context);
      case 'GET /alive':
        return new Response(null, { status: 204 });
      case 'POST /scheduled':
        await worker.scheduled(
          { scheduledTime: Date.now(), cron: '', noRetry: () => undefined },
          env,
          context,
        );
        return new Response(null, { status: 204 });
      default:
        return new Response(null, { status: 404 });
    }
  },
});

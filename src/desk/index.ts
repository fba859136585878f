import type { Context, Hono } from 'hono';
import { refuse, refuseOAuth } from '../http/answer.ts';
import { methodsAt, openRouter, routeAt } from '../http/router.ts';
import { err, ok, type Refusal, type Result, whyRefused } from '../model/refusal.ts';
import { newTrace, traceFields } from '../model/trace.ts';
import { createDeskCors } from './cors.ts';
import { isOAuth, type Operation } from './operation.ts';
import { deskOperations } from './operations.ts';
import type { DeskPorts } from './ports.ts';

type Serve = Operation['serve'];

/** The control plane: keys, who one is, and what others need in order to trust us. */
export const createDesk = (ports: DeskPorts): ((request: Request) => Promise<Response>) => {
  const app = openRouter();
  const cors = createDeskCors(ports.origins);
  const byRoute = new Map<string, Operation>();
  const operationsAt = (path: string): readonly Operation[] =>
    methodsAt(app, path).flatMap((method) => byRoute.get(`${method} ${routeAt(app, method, path)}`) ?? []);

  const answered = async (context: Context, serve: Serve, operation: Operation | null): Promise<Response> => {
    const call = { requestId: ports.requestId(context.req.raw.headers), trace: newTrace() };
    const { deskUrl } = ports;
    // RFC 8470 §5.1: nothing here may be done twice because somebody repeats what he overheard.
    const early = context.req.raw.headers.has('early-data');
    const result: Result<Response> = early ? err({ reason: 'early_data' }) : await serve(context, call);
    const response = result.ok
      ? result.value
      : refusing(context.req.path)(result.refusal, { requestId: call.requestId, deskUrl, realm: deskUrl });
    const refusal = result.ok ? null : result.refusal;
    const { path, raw } = context.req;
    cors?.expose(operation === null ? operationsAt(path) : [operation], raw.headers, response.headers);
    ports.log({
      event: 'request',
      request_id: call.requestId,
      host: 'desk',
      method: context.req.method,
      route: operation?.path ?? null,
      decision: refusal === null ? 'answered' : 'refused',
      reason: refusal?.reason ?? null,
      because: whyRefused(refusal),
      status: response.status,
      ...traceFields(call.trace),
    });
    return response;
  };

  for (const operation of deskOperations(ports)) {
    const { method, path, serve } = operation;
    const route = path.replaceAll(/\{([a-z_]+)\}/g, ':$1');
    byRoute.set(`${method} ${route}`, operation);
    const served: Serve = async (context, call) => {
      const refusal = ports.urlRefusal(context.req.url);
      return refusal === null ? serve(context, call) : err(refusal);
    };
    app.on(method, route, (context) => answered(context, served, operation));
  }

  const elsewhere: Serve = async ({ req: { path, raw } }, { requestId }) => {
    const preflight = cors?.preflight(raw, operationsAt(path), requestId) ?? null;
    return preflight === null ? err(notServed(app, path)) : ok(preflight);
  };
  app.notFound((context) => answered(context, elsewhere, null));
  // Hono would answer a bug in its own words: it is for whoever serves both doors.
  app.onError((error) => {
    throw error;
  });
  return async (request) => app.fetch(request);
};

/** Standard clients read what RFC 6749 §5.2 says, and everybody else problem documents. */
const refusing = (path: string): typeof refuse => (isOAuth(path) ? refuseOAuth : refuse);

/** 405 where another method would be served (RFC 9110 §15.5.6), else 404. */
const notServed = (app: Hono, path: string): Refusal => {
  const allow = methodsAt(app, path);
  return allow.length > 0 ? { reason: 'method_not_allowed', allow } : { reason: 'not_found' };
};

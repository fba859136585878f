import type { Context } from 'hono';
import { failureFields } from '../http/failure.ts';
import { methodsAt, openRouter, routeAt } from '../http/router.ts';
import { err } from '../model/refusal.ts';
import { createAssets } from './assets.ts';
import { PATHS } from './paths.ts';
import type { PortalPorts, Serve, Visit } from './ports.ts';
import { createPress } from './press.tsx';
import { portalRoutes } from './routes.ts';

/** The Desk for people: pages that need no script, and what they load. Null for what is none of them. */
export const createPortal = (ports: PortalPorts): ((request: Request) => Promise<Response | null>) => {
  const app = openRouter();
  const press = createPress(ports);
  const assets = createAssets(ports.look);

  const answered = async (context: Context, route: string, serve: Serve): Promise<Response> => {
    const request = context.req.raw;
    const requestId = ports.requestId(request.headers);
    const params = context.req.param() as Readonly<Record<string, string>>;
    const visit: Visit = {
      ...{ requestId, request, params, cookies: [], returnTo: PATHS.home },
      assets: await assets(),
    };
    const { result, failure } = await attempt(visit, serve);
    const response = result.ok ? result.value : await press.refused(result.refusal, visit);
    const refusal = result.ok ? null : result.refusal;
    ports.log({
      event: 'request',
      request_id: requestId,
      host: 'desk',
      method: request.method,
      route,
      decision: failure === null ? (refusal === null ? 'answered' : 'refused') : 'failed',
      reason: refusal?.reason ?? null,
      status: response.status,
      ...failure,
    });
    return response;
  };

  for (const [method, path, serve] of portalRoutes(ports, press))
    app.on(method, path, (context) => answered(context, path, serve));
  app.notFound((context) => {
    const { path } = context.req;
    const allow = methodsAt(app, path);
    // Not the path itself: whatever somebody puts into one is not for the log.
    const route = routeAt(app, allow[0] ?? '', path) ?? '';
    return answered(context, route, async () => err({ reason: 'method_not_allowed', allow }));
  });

  return async (request) =>
    methodsAt(app, app.getPath(request)).length > 0 ? await app.fetch(request) : null;
};

/** A bug is a page as well: whoever reads it is a person. */
const attempt = async (visit: Visit, serve: Serve) => {
  // RFC 8470 §5.1: nothing here may be done twice because somebody repeats what he overheard.
  if (visit.request.headers.has('early-data'))
    return { result: err({ reason: 'early_data' } as const), failure: null };
  try {
    return { result: await serve(visit), failure: null };
  } catch (error) {
    return { result: err({ reason: 'internal' } as const), failure: failureFields(error) };
  }
};

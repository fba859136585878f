import { type Context, Hono } from 'hono';
import { json, refuse } from '../http/answer.ts';
import { problemPage } from '../http/problem-page.ts';
import { CREDENTIAL_KINDS } from '../model/policy.ts';
import { err, ok, type Refusal, type Result } from '../model/refusal.ts';
import { newTrace, traceFields } from '../model/trace.ts';
import { keyEndpoints } from './keys.ts';
import { callerOf, type DeskPorts, type Endpoint, forStrangers } from './ports.ts';

/** The control plane: keys, who one is, and what others need in order to trust us. */
export const createDesk = (ports: DeskPorts): ((request: Request) => Promise<Response>) => {
  const app = new Hono();

  const answered = async (context: Context, endpoint: Endpoint, route: string | null): Promise<Response> => {
    const call = { requestId: ports.requestId(context.req.raw.headers), trace: newTrace() };
    const { deskUrl } = ports;
    // RFC 8470 §5.1: nothing here may be done twice because somebody repeats what he overheard.
    const early = context.req.raw.headers.has('early-data');
    const result: Result<Response> = early ? err({ reason: 'early_data' }) : await endpoint(context, call);
    const response = result.ok
      ? result.value
      : refuse(result.refusal, { requestId: call.requestId, deskUrl, realm: deskUrl });
    const refusal = result.ok ? null : result.refusal;
    ports.log({
      event: 'request',
      request_id: call.requestId,
      host: 'desk',
      method: context.req.method,
      route,
      decision: refusal === null ? 'answered' : 'refused',
      reason: refusal?.reason ?? null,
      because: refusal !== null && 'because' in refusal ? refusal.because : null,
      status: response.status,
      ...traceFields(call.trace),
    });
    return response;
  };
  const serve = (endpoint: Endpoint) => (context: Context) =>
    answered(context, endpoint, context.req.routePath);

  const keys = keyEndpoints(ports);
  app.post('/v1/keys', serve(keys.create));
  app.get('/v1/keys', serve(keys.list));
  app.get('/v1/keys/:key_id', serve(keys.get));
  app.delete('/v1/keys/:key_id', serve(keys.revoke));
  app.get('/v1/whoami', serve(whoami(ports)));

  app.get(
    '/.well-known/jwks.json',
    serve(async (_, call) => ok(jwks(ports, call.requestId))),
  );
  app.get(
    '/problems/:code',
    serve(forStrangers(ports, async (context) => problemPage(context.req.param('code') ?? ''))),
  );
  app.get(
    '/healthz',
    serve(async (_, call) => ok(json({ status: 'ok' }, 200, call.requestId))),
  );
  // It asks KV and the signing keys; `/healthz` and our own keys cost nothing, and trust hangs on them.
  app.get('/readyz', serve(forStrangers(ports, readyz(ports))));

  app.notFound((context) => answered(context, async () => err(notServed(app, context)), null));
  // Hono would answer a bug in its own words: it is for whoever serves both doors.
  app.onError((error) => {
    throw error;
  });
  return async (request) => app.fetch(request);
};

/** 405 where another method would be served (RFC 9110 §15.5.6), else 404. */
const notServed = (app: Hono, context: Context): Refusal => {
  const allow = ['GET', 'POST', 'DELETE'].filter((method) =>
    app.router.match(method, context.req.path)[0].some(([[, route]]) => route.path !== '/*'),
  );
  return allow.length > 0 ? { reason: 'method_not_allowed', allow } : { reason: 'not_found' };
};

const ANYBODY = { kinds: CREDENTIAL_KINDS, maxAuthAgeSeconds: null };

const whoami =
  (ports: DeskPorts): Endpoint =>
  async (context, call) => {
    const caller = await callerOf(ports, context, call, ANYBODY);
    if (!caller.ok) return caller;
    const { auth, userId, organizationId, clientId, scopes } = caller.value.identity;
    const body = { auth, user_id: userId, organization_id: organizationId, key_id: clientId, scopes };
    return ok(json(body, 200, call.requestId));
  };

/** How long an origin may keep our public keys, in seconds: a new key is published longer than that before it signs. */
const JWKS_MAX_AGE_SECONDS = 300;

const jwks = (ports: DeskPorts, requestId: string): Response =>
  json(ports.assertionJwks, 200, requestId, {
    'content-type': 'application/jwk-set+json',
    'cache-control': `public, max-age=${JWKS_MAX_AGE_SECONDS}`,
  });

const readyz =
  (ports: DeskPorts): Endpoint =>
  async (_, call) => {
    const checks = await ports.readiness();
    const ready = Object.values(checks).every((good) => good);
    return ok(json({ status: ready ? 'ready' : 'not ready', checks }, ready ? 200 : 503, call.requestId));
  };

import { type AnswerContext, refuse } from '../http/answer.ts';
import { rateLimitHeaders } from '../http/rate-limit.ts';
import { type Credential, kindOf } from '../model/credential.ts';
import type { Evidence } from '../model/evidence.ts';
import type { KeyRealm } from '../model/key.ts';
import type { RateLimitField } from '../model/lease-fields.ts';
import type { Policy, Route } from '../model/policy.ts';
import type { Log, Throttle } from '../model/ports.ts';
import type { Refusal, Result } from '../model/refusal.ts';
import { err, ok } from '../model/refusal.ts';
import { strangerRefusal } from '../model/stranger.ts';
import { newTrace, type Trace, traceFields } from '../model/trace.ts';
import type { Decide, Decision } from './decide.ts';
import { extract, hasLongCredential } from './extract.ts';
import { bodyRefusal } from './forward/body.ts';
import { isLoop, requestId } from './forward/headers.ts';
import type { Forward } from './forward/index.ts';
import { type StillGood, watchLeaseMs, watchPatienceMs } from './forward/watch.ts';
import { isForeign, isHandshake, wantsWebSocket } from './forward/websocket.ts';
import type { Cors } from './own/cors.ts';
import type { ResourceMetadata } from './own/metadata.ts';
import {
  isHostAlone,
  type QueryRules,
  queryRefusal,
  type Target,
  type TargetRules,
  target,
} from './target.ts';

export interface GatePorts {
  readonly targets: TargetRules;
  readonly queries: QueryRules;
  readonly policy: Policy;
  readonly realm: KeyRealm;
  readonly decide: Decide;
  /** Asks again later whether somebody who was let in may stay, where he was then. */
  readonly stillGood: (credential: Credential, route: Route, from: Request) => StillGood;
  /** For how long a silent Ring lets somebody go on, in milliseconds. */
  readonly graceMs: number;
  readonly forward: Forward;
  readonly metadata: ResourceMetadata;
  readonly cors: Cors;
  /** Asked for those whom nothing else limits: nobody's requests. */
  readonly throttle: Throttle;
  /** What is left of an owner's limits, as this isolate knows it. */
  readonly levels: (evidence: Evidence, now: number) => readonly RateLimitField[];
  readonly loopId: string;
  readonly deskUrl: string;
  readonly audience: string;
  readonly now: () => number;
  readonly newRequestId: () => string;
  readonly log: Log;
}

/** What the Gate came to know of a request, for the log. */
interface Account extends Trace {
  route: string | null;
  decision: 'forwarded' | 'answered';
}

/**
 * One API request: target, extract, resolve, verify, authorize, admit, forward. The steps stand in the order of
 * the refusals: the first that applies is the answer.
 */
export const createGate = (ports: GatePorts): ((request: Request) => Promise<Response>) => {
  const pass = async (
    request: Request,
    id: string,
    startedAt: number,
    account: Account,
  ): Promise<Result<Response>> => {
    const located = locate(request, ports);
    if (!located.ok) return located;
    const aimedAt = located.value;
    const own = ownAnswer(request, aimedAt, ports, id);
    if (own !== null) {
      account.decision = 'answered';
      return own;
    }
    const isUpgrade = wantsWebSocket(request.headers);
    const routed = routeOf(request, aimedAt, isUpgrade, ports);
    if (!routed.ok) return routed;
    const route = routed.value;
    account.route = route.name;

    const credential = credentialOf(request, aimedAt, route, ports);
    if (!credential.ok) return credential;
    account.credential = kindOf(credential.value);
    if (credential.value.kind === 'none' && route.auth !== 'required') {
      const refusal = await strangerRefusal(ports.throttle, request.headers);
      if (refusal !== null) return err(refusal);
    }

    // Who it is comes first, but a page that may not ask takes nothing of the limit.
    const isRefused = isUpgrade && isForeign(request.headers, route);
    const demand = isRefused ? { ...route, cost: 0 } : route;
    const decided = ports.decide(credential.value, demand, startedAt, account, request);
    const decision = decided instanceof Promise ? await decided : decided;
    if (!decision.ok) return decision;
    if (isRefused) return err({ reason: 'origin_not_allowed' });
    const { identity, evidence } = decision.value;

    const decidedAt = ports.now();
    const askedAt = evidence?.held?.askedAt ?? decidedAt;
    const forwarded = await ports.forward({
      request,
      target: aimedAt,
      route,
      identity,
      evidence,
      requestId: id,
      isHandshake: isUpgrade,
      leave:
        identity.auth === 'anonymous'
          ? null
          : {
              askedAt,
              leaseMs: watchLeaseMs(route),
              patienceMs: watchPatienceMs(route, ports.graceMs),
              stillGood: ports.stillGood(credential.value, route, request),
            },
    });
    account.originMs = ports.now() - decidedAt;
    if (!forwarded.ok) return forwarded;
    annotate(forwarded.value.headers, decision.value, ports, decidedAt - startedAt);
    return forwarded;
  };

  return async function gate(request) {
    const startedAt = ports.now();
    const id = requestId(request.headers, ports.newRequestId);
    const account: Account = { ...newTrace(), route: null, decision: 'forwarded' };
    const context = (): AnswerContext => ({
      ...{ requestId: id, deskUrl: ports.deskUrl, realm: ports.audience },
      metadataUrl: () => ports.metadata.urlFor(request.url),
    });
    const result = await pass(request, id, startedAt, account);
    const response = result.ok ? result.value : refuse(result.refusal, context());
    ports.cors.expose?.(request.headers, response.headers);
    record(ports.log, id, account, response.status, result.ok ? null : result.refusal);
    return response;
  };
};

/** Where a request is going, or 421, 400, 414, 508, 431, 405: all that is judged whatever is served there. */
const locate = (request: Request, ports: GatePorts): Result<Target> => {
  const { headers, method } = request;
  if (!isHostAlone(headers)) return err({ reason: 'host_unknown' });
  const aimed = target(request.url, method, ports.targets);
  if (!aimed.ok && aimed.refusal.reason !== 'method_unknown') return aimed;
  if (isLoop(headers, ports.loopId)) return err({ reason: 'loop' });
  if (hasLongCredential(headers)) return err({ reason: 'headers_too_long' });
  return aimed;
};

/** What the Gate answers by itself, with no look at credentials; null for what the origin is asked. */
const ownAnswer = (
  request: Request,
  aimedAt: Target,
  { cors, metadata }: GatePorts,
  id: string,
): Result<Response> | null => cors.preflight(request, aimedAt, id) ?? metadata.answer(aimedAt, id);

/** The route that a request falls under, or 404, 405, 426, 413, 425: the rest of what comes before its credential. */
const routeOf = (
  request: Request,
  { path, method }: Target,
  isUpgrade: boolean,
  ports: GatePorts,
): Result<Route> => {
  const { headers } = request;
  const { route, refusal, ...match } = ports.policy.match(path, method);
  if (refusal === 'no-route') return err({ reason: 'no_route' });
  if (route === undefined)
    return err({ reason: 'method_not_allowed', allow: 'allow' in match ? match.allow : [] });
  if (isUpgrade && !isHandshake(request, route)) return err({ reason: 'upgrade_not_allowed' });
  const tooLarge = bodyRefusal(headers, route.maxBodyBytes);
  if (tooLarge !== null) return err(tooLarge);
  // RFC 8470 §5.1: "Multiple or invalid instances of the header field MUST be treated as equivalent to" a `1`.
  if (!route.earlyData && headers.has('early-data')) return err({ reason: 'early_data' });
  return ok(route);
};

/** The credential of a request; on a route without authentication it is not even read. */
const credentialOf = (
  request: Request,
  { query }: Target,
  route: Route,
  ports: GatePorts,
): Result<Credential> => {
  const inQuery = queryRefusal(query, ports.queries, route.auth !== 'none');
  if (inQuery !== null) return err(inQuery);
  return route.auth === 'none' ? ok({ kind: 'none' }) : extract(request.headers, ports.realm);
};

/** What an admitted answer says of the Gate: what is left of the limits, and how long the Gate took. */
const annotate = (headers: Headers, { evidence }: Decision, ports: GatePorts, gateMs: number): void => {
  headers.append('Server-Timing', `gate;dur=${gateMs}`);
  if (evidence === null) return;
  const fields = rateLimitHeaders(ports.levels(evidence, ports.now()));
  for (const [name, value] of Object.entries(fields)) headers.set(name, value);
};

/** One line for each request. */
const record = (log: Log, id: string, account: Account, status: number, refusal: Refusal | null): void =>
  log({
    event: 'request',
    request_id: id,
    route: account.route,
    decision: refusal === null ? account.decision : 'refused',
    reason: refusal?.reason ?? null,
    because: refusal !== null && 'because' in refusal ? refusal.because : null,
    status,
    ...traceFields(account),
  });

import { type Credential, kindOf } from '../model/credential.ts';
import type { KeyRealm } from '../model/key.ts';
import type { Policy, Route } from '../model/policy.ts';
import type { Throttle } from '../model/ports.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import { type Sender, strangerRefusal } from '../model/stranger.ts';
import type { Account } from './account.ts';
import type { Decide, Decision } from './decide.ts';
import { extract, hasLongCredential } from './extract.ts';
import { bodyRefusal } from './forward/body.ts';
import { isLoop } from './forward/headers.ts';
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

/** A request as it is judged: one that came in, or one that another proxy asks about. Nobody looks at its body. */
export type Asked = Pick<Request, 'url' | 'method'> & Sender;

export interface EnterPorts {
  readonly targets: TargetRules;
  readonly queries: QueryRules;
  readonly policy: Policy;
  readonly realm: KeyRealm;
  readonly decide: Decide;
  readonly metadata: ResourceMetadata;
  readonly cors: Cors;
  /** Asked for those whom nothing else limits: nobody's requests. */
  readonly throttle: Throttle;
  readonly loopId: string;
}

/** Somebody who may go on to the origin: where to, by which route, and as whom. */
export interface Entered {
  readonly target: Target;
  readonly route: Route;
  readonly credential: Credential;
  readonly decision: Decision;
  readonly isHandshake: boolean;
}

/** Who may go on, or what the Gate answers by itself. */
export type Outcome = Result<Entered | Response>;

/** All that comes before the origin: target, extract, resolve, verify, authorize, admit. Waits for nothing when warm. */
export type Enter = (
  request: Asked,
  requestId: string,
  startedAt: number,
  account: Account,
) => Outcome | Promise<Outcome>;

export const createEnter =
  (ports: EnterPorts): Enter =>
  (request, requestId, startedAt, account) => {
    const located = locate(request, ports);
    if (!located.ok) return located;
    const aimedAt = located.value;
    const own = ownAnswer(request, aimedAt, ports, requestId);
    if (own !== null) {
      account.decision = 'answered';
      return own;
    }
    const isUpgrade = wantsWebSocket(request.headers);
    const routed = routeOf(request, aimedAt, isUpgrade, ports);
    if (!routed.ok) return routed;
    const route = routed.value;
    account.route = route.name;

    const presented = credentialOf(request, aimedAt, route, ports);
    if (!presented.ok) return presented;
    const credential = presented.value;
    account.credential = kindOf(credential);
    const isStranger = credential.kind === 'none' && route.auth !== 'required';
    return isStranger ? asStranger() : asSomebody();

    async function asStranger(): Promise<Outcome> {
      const refusal = await strangerRefusal(ports.throttle, request.headers);
      return refusal === null ? asSomebody() : err(refusal);
    }

    function asSomebody(): Outcome | Promise<Outcome> {
      // Who it is comes first, but a page that may not ask takes nothing of the limit.
      const isRefused = isUpgrade && isForeign(request.headers, route);
      const demand = isRefused ? { ...route, cost: 0 } : route;
      const decided = ports.decide(credential, demand, startedAt, account, request);
      return decided instanceof Promise
        ? decided.then((late) => entered(late, isRefused))
        : entered(decided, isRefused);
    }

    function entered(decided: Result<Decision>, isRefused: boolean): Outcome {
      if (!decided.ok) return decided;
      if (isRefused) return err({ reason: 'origin_not_allowed' });
      if (decided.value.evidence !== null) account.units = route.cost;
      return ok({ target: aimedAt, route, credential, decision: decided.value, isHandshake: isUpgrade });
    }
  };

/** Where a request is going, or 421, 400, 414, 508, 431, 405: all that is judged whatever is served there. */
const locate = (request: Asked, ports: EnterPorts): Result<Target> => {
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
  request: Asked,
  aimedAt: Target,
  { cors, metadata }: EnterPorts,
  id: string,
): Result<Response> | null => cors.preflight(request, aimedAt, id) ?? metadata.answer(aimedAt, id);

/** The route that a request falls under, or 404, 405, 426, 413, 425: the rest of what comes before its credential. */
const routeOf = (
  request: Asked,
  { path, method }: Target,
  isUpgrade: boolean,
  ports: EnterPorts,
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
  request: Asked,
  { query }: Target,
  route: Route,
  ports: EnterPorts,
): Result<Credential> => {
  const inQuery = queryRefusal(query, ports.queries, route.auth !== 'none');
  if (inQuery !== null) return err(inQuery);
  return route.auth === 'none' ? ok({ kind: 'none' }) : extract(request.headers, ports.realm);
};

import { type AnswerContext, refuse } from '../http/answer.ts';
import { rateLimitHeaders } from '../http/rate-limit.ts';
import { type Credential, kindOf } from '../model/credential.ts';
import type { Evidence } from '../model/evidence.ts';
import type { KeyRealm } from '../model/key.ts';
import type { RateLimitField } from '../model/lease-fields.ts';
import type { Policy, Route } from '../model/policy.ts';
import type { Log } from '../model/ports.ts';
import type { Refusal, Result } from '../model/refusal.ts';
import { err, ok } from '../model/refusal.ts';
import { newTrace, type Trace, traceFields } from '../model/trace.ts';
import { bodyRefusal } from './body.ts';
import type { Decide, Decision } from './decide.ts';
import { extract, hasLongCredential } from './extract.ts';
import { type Forward, isLoop } from './forward.ts';
import { requestId } from './headers.ts';
import { type QueryRules, queryRefusal, type Target, type TargetRules, target } from './target.ts';

export interface GatePorts {
  readonly targets: TargetRules;
  readonly queries: QueryRules;
  readonly policy: Policy;
  readonly realm: KeyRealm;
  readonly decide: Decide;
  readonly forward: Forward;
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
    const aimed = aim(request, ports);
    if (!aimed.ok) return aimed;
    const { target: aimedAt, route } = aimed.value;
    account.route = route.name;

    const credential = credentialOf(request, aimedAt, route, ports);
    if (!credential.ok) return credential;
    account.credential = kindOf(credential.value);

    const decided = ports.decide(credential.value, route, startedAt, account, request);
    const decision = decided instanceof Promise ? await decided : decided;
    if (!decision.ok) return decision;
    const { identity, evidence } = decision.value;

    const decidedAt = ports.now();
    const forwarded = await ports.forward({
      request,
      target: aimedAt,
      route,
      identity,
      evidence,
      requestId: id,
    });
    account.originMs = ports.now() - decidedAt;
    if (!forwarded.ok) return forwarded;
    annotate(forwarded.value.headers, decision.value, ports, decidedAt - startedAt);
    return forwarded;
  };

  return async function gate(request) {
    const startedAt = ports.now();
    const id = requestId(request.headers, ports.newRequestId);
    const account: Account = { ...newTrace(), route: null };
    const context: AnswerContext = { requestId: id, deskUrl: ports.deskUrl, realm: ports.audience };
    const result = await pass(request, id, startedAt, account);
    const response = result.ok ? result.value : refuse(result.refusal, context);
    record(ports.log, id, account, response.status, result.ok ? null : result.refusal);
    return response;
  };
};

interface Aim {
  readonly target: Target;
  readonly route: Route;
}

/** Everything about a request that is judged before its credential: 421, 400, 414/431, 405, 404, 426, 413, 425. */
const aim = (request: Request, ports: GatePorts): Result<Aim> => {
  const { headers, method } = request;
  // workerd writes `Host` into the URL as it came: behind a slash, it would be a path that nobody asked for.
  if (/[/?]/.test(headers.get('host') ?? '')) return err({ reason: 'host_unknown' });
  const aimed = target(request.url, method, ports.targets);
  if (!aimed.ok && aimed.refusal.reason !== 'method_unknown') return aimed;
  if (isLoop(headers, ports.loopId)) return err({ reason: 'loop' });
  if (hasLongCredential(headers)) return err({ reason: 'headers_too_long' });
  if (!aimed.ok) return aimed;
  const { route, refusal, ...match } = ports.policy.match(aimed.value.path, aimed.value.method);
  if (refusal === 'no-route') return err({ reason: 'no_route' });
  if (route === undefined)
    return err({ reason: 'method_not_allowed', allow: 'allow' in match ? match.allow : [] });
  if (/websocket/i.test(headers.get('upgrade') ?? '')) return err({ reason: 'upgrade_not_allowed' });
  const tooLarge = bodyRefusal(headers, route.maxBodyBytes);
  if (tooLarge !== null) return err(tooLarge);
  // RFC 8470 §5.1: "Multiple or invalid instances of the header field MUST be treated as equivalent to" a `1`.
  if (headers.has('early-data')) return err({ reason: 'early_data' });
  return ok({ target: aimed.value, route });
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
    decision: refusal === null ? 'forwarded' : 'refused',
    reason: refusal?.reason ?? null,
    because: refusal !== null && 'because' in refusal ? refusal.because : null,
    status,
    ...traceFields(account),
  });

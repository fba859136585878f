import { type AnswerContext, refuse } from '../http/answer.ts';
import { rateLimitHeaders } from '../http/rate-limit.ts';
import type { Credential } from '../model/credential.ts';
import type { Evidence } from '../model/evidence.ts';
import type { RateLimitField } from '../model/lease-fields.ts';
import type { Route } from '../model/policy.ts';
import { ok, type Result } from '../model/refusal.ts';
import type { Sender } from '../model/stranger.ts';
import { type Account, type AccountPorts, openAccount, record } from './account.ts';
import type { Decision } from './decide.ts';
import { createEnter, type EnterPorts } from './enter.ts';
import { requestId } from './forward/headers.ts';
import type { Forward } from './forward/index.ts';
import { type StillGood, watchLeaseMs, watchPatienceMs } from './forward/watch.ts';

export interface GatePorts extends EnterPorts, AccountPorts {
  /** Asks again later whether somebody who was let in may stay, where he was then. */
  readonly stillGood: (credential: Credential, route: Route, from: Sender) => StillGood;
  /** For how long a silent Ring lets somebody go on, in milliseconds. */
  readonly graceMs: number;
  readonly forward: Forward;
  /** What is left of an owner's limits, as this isolate knows it. */
  readonly levels: (evidence: Evidence, now: number) => readonly RateLimitField[];
  readonly deskUrl: string;
  readonly audience: string;
  readonly newRequestId: () => string;
}

/**
 * One API request: target, extract, resolve, verify, authorize, admit, forward. The steps stand in the order of
 * the refusals: the first that applies is the answer.
 */
export const createGate = (ports: GatePorts): ((request: Request) => Promise<Response>) => {
  const enter = createEnter(ports);

  const pass = async (request: Request, account: Account): Promise<Result<Response>> => {
    const { requestId: id, startedAt, context } = account;
    const entering = enter(request, id, startedAt, account);
    const outcome = entering instanceof Promise ? await entering : entering;
    if (!outcome.ok) return outcome;
    if (outcome.value instanceof Response) return ok(outcome.value);
    const { target, route, credential, decision, isHandshake } = outcome.value;
    const { identity, evidence } = decision;

    const decidedAt = ports.now();
    account.gateMs = decidedAt - startedAt;
    const askedAt = evidence?.held?.askedAt ?? decidedAt;
    const leave =
      identity.auth === 'anonymous'
        ? null
        : {
            askedAt,
            leaseMs: watchLeaseMs(route),
            patienceMs: watchPatienceMs(route, ports.graceMs),
            stillGood: ports.stillGood(credential, route, request),
          };
    const who = { request, target, route, identity, evidence };
    const passage = { ...who, requestId: id, context, isHandshake, leave };
    const forwarded = await account.span('forward', () => ports.forward(passage));
    account.originMs = ports.now() - decidedAt;
    if (!forwarded.ok) return forwarded;
    annotate(forwarded.value.headers, decision, ports, account.gateMs);
    return forwarded;
  };

  return async function gate(request) {
    const id = requestId(request.headers, ports.newRequestId);
    const account = openAccount(ports, request.headers, id, 'forwarded');
    const context = (): AnswerContext => ({
      ...{ requestId: id, deskUrl: ports.deskUrl, realm: ports.audience },
      metadataUrl: () => ports.metadata.urlFor(request.url),
    });
    const result = await pass(request, account);
    const response = result.ok ? result.value : refuse(result.refusal, context());
    ports.cors.expose?.(request.headers, response.headers);
    record(ports, account, request, response, result.ok ? null : result.refusal);
    return response;
  };
};

/** What an admitted answer says of the Gate: what is left of the limits, and how long the Gate took. */
export const annotate = (
  headers: Headers,
  { evidence }: Decision,
  ports: Pick<GatePorts, 'levels' | 'now'>,
  gateMs: number,
): void => {
  headers.append('Server-Timing', `gate;dur=${gateMs}`);
  if (evidence === null) return;
  const fields = rateLimitHeaders(ports.levels(evidence, ports.now()));
  for (const [name, value] of Object.entries(fields)) headers.set(name, value);
};

import { type AnswerContext, refuse } from '../../http/answer.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import { type Account, openAccount, record } from '../account.ts';
import { type Asked, createEnter, type Entered } from '../enter.ts';
import { requestId } from '../forward/headers.ts';
import type { Introduce } from '../forward/introduce.ts';
import { type Origins, originOf } from '../forward/origins.ts';
import { annotate, type GatePorts } from '../index.ts';
import { forbidden, leave } from './answers.ts';
import { type Dialect, dialectOf, type QuestionRules, readQuestion, secretHeader } from './question.ts';

/** What a decision needs besides what the Gate has: everything but the way to the origin. */
export interface DecisionEndpointPorts extends Omit<GatePorts, 'stillGood' | 'graceMs' | 'forward'> {
  readonly rules: QuestionRules;
  /** Whether this is a secret of our proxies. */
  readonly isProven: (presented: string | null) => boolean;
  readonly origins: Origins;
  readonly introduce: Introduce;
}

/** Tells the lines of the log apart from those of requests that came through us. */
const ASKED_BY = { asked_by: 'proxy' } as const;

/**
 * The Gate's decision without its forwarding, for another proxy of the operator's, on the Desk's host. Whoever could ask
 * would be told assertions that the origin believes: to all who do not prove themselves, there is nothing here (null).
 */
export const createDecisionEndpoint = (
  ports: DecisionEndpointPorts,
): ((request: Request) => Promise<Response | null>) => {
  // The proxy forwards the bytes that its client sent: no other spelling than theirs can be judged.
  const enter = createEnter({ ...ports, targets: { ...ports.targets, asSent: true } });
  const { prefix } = ports.rules;

  const introduced = async (
    { target, route, decision }: Entered,
    { method }: Asked,
    dialect: Dialect,
    account: Account,
  ): Promise<Response> => {
    const { requestId: id, startedAt } = account;
    account.gateMs = ports.now() - startedAt;
    const origin = originOf(ports.origins, route);
    const caller = { ...decision, request: { method }, target, route };
    const letter = await ports.introduce(caller, origin, origin.base(target.protocol, target.host));
    const yes = leave(letter, origin.headers, dialect, id);
    annotate(yes.headers, decision, ports, account.gateMs);
    return yes;
  };

  const judged = async (asked: Asked, dialect: Dialect, account: Account): Promise<Result<Response>> => {
    const outcome = await enter(asked, account.requestId, account.startedAt, account);
    if (!outcome.ok) return outcome;
    const { value } = outcome;
    if (!(value instanceof Response)) return ok(await introduced(value, asked, dialect, account));
    // Whoever takes 200 for a yes cannot be given metadata.
    return dialect.isBehind && value.status === 200 ? err({ reason: 'no_route' }) : ok(value);
  };

  const answered = async (request: Request, dialect: Dialect): Promise<Response> => {
    const id = requestId(request.headers, ports.newRequestId);
    const asked = readQuestion(request, dialect, ports.rules);
    const account = openAccount(ports, asked.ok ? asked.value.headers : request.headers, id, 'decided');
    const result = asked.ok ? await judged(asked.value, dialect, account) : asked;
    const context: AnswerContext = {
      ...{ requestId: id, deskUrl: ports.deskUrl, realm: ports.audience },
      metadataUrl: () => (asked.ok ? ports.metadata.urlFor(asked.value.url) : null),
    };
    const answer = result.ok ? result.value : refuse(result.refusal, context);
    if (asked.ok) ports.cors.expose?.(asked.value.headers, answer.headers);
    record(
      ports,
      account,
      asked.ok ? asked.value : request,
      answer,
      result.ok ? null : result.refusal,
      ASKED_BY,
    );
    // What the Gate answers by itself must not pass for a yes.
    const isMisread = result.ok ? account.decision === 'answered' && !dialect.isBehind : dialect.onlyForbids;
    return isMisread ? forbidden(answer, prefix) : answer;
  };

  return async function decision(request) {
    const dialect = dialectOf(request.url);
    if (dialect === null) return null;
    const presented = request.headers.get(secretHeader(prefix));
    if (ports.isProven(presented)) return answered(request, dialect);
    if (presented !== null) ports.log({ event: 'decision', outcome: 'not_proven' });
    return null;
  };
};

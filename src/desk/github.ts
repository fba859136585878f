import { json } from '../http/answer.ts';
import type { Author } from '../model/author.ts';
import { inTurns } from '../model/in-turns.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import type { Trace } from '../model/trace.ts';
import * as z from '../model/zod.ts';
import { type GithubAlert, type GithubFeedback, githubAlerts } from '../webhooks/github.ts';
import { fieldErrors, invalid, parse } from './body.ts';
import { authorOf, type Door } from './doors.ts';
import { endFound, type Found } from './leaked.ts';
import { operation } from './operation.ts';
import type { DeskPorts } from './ports.ts';
import { readMessage } from './signed.ts';

/** How many alerts one message may have: each leads to a Ring. */
const MAX_ALERTS = 1_000;

/** How many Rings are asked at a time. */
const AT_ONCE = 20;

/** With GitHub's keys out of reach: its signature cannot be checked, and that may be over soon. */
const RETRY_AFTER_SECONDS = 5;

const FEEDBACK = z
  .array(
    z.strictObject({
      token_raw: z.string(),
      token_type: z.string(),
      label: z.enum(['true_positive', 'false_positive']),
    }),
  )
  .check(z.meta({ id: 'GithubFeedback' }));

/** What GitHub signed, and who did it: GitHub, by that key of its. */
interface FromGithub {
  readonly text: string;
  readonly author: Author;
}

/** GitHub's secret scanning tells of keys that were pushed to public places (docs/leaked-keys.md). */
export const githubOperations = (ports: DeskPorts) =>
  [
    operation({
      ...{ method: 'POST', path: '/webhooks/github-secret-scanning', operationId: 'githubSecretScanning' },
      ...{ tag: 'Leaks', door: githubDoor(ports), headers: HEADERS, message: githubAlerts },
      summary: 'Ends the keys that GitHub found',
      description: `At most ${MAX_ALERTS} at a time, in at most 1 MiB.`,
      answers: {
        200: { description: 'Of each token, whether it was made here, dead or alive', body: FEEDBACK },
      },
      refusals: ['request_invalid', 'batch_too_large', 'rate_limited'],
      handle: async ({ who, call }) => {
        const alerts = githubAlerts.safeParse(parse(who.text));
        if (!alerts.success) return invalid(fieldErrors(alerts.error));
        if (alerts.data.length > MAX_ALERTS) return err({ reason: 'batch_too_large', max: MAX_ALERTS });
        const found = await endAll(ports, alerts.data, who.author, call.trace);
        return found.ok ? ok(json(feedback(alerts.data, found.value), 200, call.requestId)) : found;
      },
    }),
  ] as const;

const HEADERS = {
  'github-public-key-identifier': "Which of GitHub's keys signed the body",
  'github-public-key-signature': 'ECDSA with P-256 and SHA-256 over the body as it is',
};

/** Lets GitHub in. */
const githubDoor = (ports: DeskPorts): Door<FromGithub> => ({
  security: 'signature',
  refusals: ['body_too_large', 'webhook_refused', 'unavailable'],
  open: async (context, call) => {
    const text = await readMessage(context);
    if (!text.ok) return text;
    const { headers } = context.req.raw;
    const verdict = await ports.verifyGithub(headers, text.value);
    if (verdict === 'bad') return err({ reason: 'webhook_refused', because: 'signature' });
    if (verdict === 'unknowable')
      return err({ reason: 'unavailable', what: 'jwks', retryAfterSeconds: RETRY_AFTER_SECONDS });
    const keyId = headers.get('github-public-key-identifier');
    return ok({
      text: text.value,
      author: authorOf(context.req.raw, call, { kind: 'anyone', id: 'github' }, keyId),
    });
  },
});

/** Each token once. All are tried though one Ring is silent: what was ended then is dead when GitHub comes again. */
const endAll = async (
  ports: DeskPorts,
  alerts: readonly GithubAlert[],
  author: Author,
  trace: Trace,
): Promise<Result<ReadonlyMap<string, Found>>> => {
  const finds = [...new Map(alerts.map((alert) => [alert.token, alert])).values()];
  const results = await inTurns(finds, AT_ONCE, async ({ token, url }) => ({
    token,
    result: await endFound(ports, { key: token, source: url === '' ? null : url, by: null, author }, trace),
  }));
  const found = new Map<string, Found>();
  for (const { token, result } of results) {
    if (!result.ok) return result;
    found.set(token, result.value);
  }
  return ok(found);
};

const feedback = (
  alerts: readonly GithubAlert[],
  found: ReadonlyMap<string, Found>,
): readonly GithubFeedback[] =>
  alerts.map(({ token, type }) => ({
    token_raw: token,
    token_type: type,
    label: found.get(token)?.ours === true ? 'true_positive' : 'false_positive',
  }));

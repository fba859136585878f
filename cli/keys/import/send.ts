import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { err, ok, type Result } from '../../../src/model/refusal.ts';
import type { TokenSource } from '../../token.ts';
import type { ReportLine } from './report.ts';
import type { Row } from './rows.ts';

/** How often a row is tried, until it is left for the next run. */
const MAX_TRIES = 8;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
/** Longer than the Desk waits for Stytch. */
const DEADLINE_MS = 30_000;

/** What became of a row; or why nothing can become of any: the token is not an operator's. */
export type Sent = Result<ReportLine, string>;

/** What the Desk answered to one try. */
interface Answer {
  /** Null where nobody answered. */
  readonly status: number | null;
  readonly code: string | null;
  readonly detail: string | null;
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;
}

/** Imports one row: again and again where the Desk says to come back, each time under the same Idempotency-Key. */
export const sendRow = async (desk: string, tokens: TokenSource, row: Row): Promise<Sent> => {
  let idempotencyKey: string | null = keyOf(row);
  let token = await tokens.get();
  let isRenewed = false;
  let answer = SILENCE;
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    if (!token.ok) return token;
    if (attempt > 0) await wait(pauseMs(answer, attempt));
    answer = await post(desk, token.value, idempotencyKey, row);
    switch (meaningOf(answer)) {
      case 'imported':
      case 'already':
        return ok(told(row, answer.status === 201 ? 'imported' : 'already', answer));
      case 'refused':
        return ok(told(row, 'refused', answer));
      case 'no_operator': {
        const renewed: Result<string, string> | null = isRenewed ? null : await tokens.renew(token.value);
        if (renewed === null) return err(`the token is not taken: ${answer.status} ${answer.code}`);
        token = renewed;
        isRenewed = true;
        answer = AT_ONCE;
        break;
      }
      case 'reused':
        // It was imported once, with something else in the row. Without a key, the answer is what there is now.
        idempotencyKey = null;
        answer = AT_ONCE;
        break;
      case 'later':
    }
  }
  return ok(told(row, 'failed', answer));
};

type Meaning = 'imported' | 'already' | 'refused' | 'no_operator' | 'reused' | 'later';

const meaningOf = ({ status, code }: Answer): Meaning => {
  if (status === 201) return 'imported';
  if (status === 200) return 'already';
  if (status === 401 || code === 'insufficient_scope' || code === 'credential_kind_not_allowed')
    return 'no_operator';
  if (code === 'idempotency_key_reused') return 'reused';
  // Something is under way, or it says nothing of the row.
  const isPassing = code === 'conflict' || code === 'idempotency_key_in_use' || status === 429;
  return isPassing || status === null || (status >= 500 && code !== 'client_refused') ? 'later' : 'refused';
};

/** Of what the row is about, and not of the secret: a hash without a key would be one to guess by. */
const keyOf = ({ clientId, userId, name }: Row): string =>
  `import-${createHash('sha256')
    .update(JSON.stringify([clientId, userId, name]))
    .digest('base64url')}`;

const post = async (
  desk: string,
  token: string,
  idempotencyKey: string | null,
  { clientId, clientSecret, userId, name }: Row,
): Promise<Answer> => {
  const body = { client_id: clientId, client_secret: clientSecret, ...(name === null ? {} : { name }) };
  try {
    const response = await fetch(`${desk}/v1/users/${userId}/keys/import`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
      },
      body: JSON.stringify(body),
      // A secret follows nobody elsewhere.
      redirect: 'manual',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    return await read(response);
  } catch (error) {
    // Nobody listens, the connection broke, or the time is over: what was done, a repeat will tell.
    if (error instanceof Error) return { ...SILENCE, detail: error.name };
    throw error;
  }
};

const read = async (response: Response): Promise<Answer> => {
  const { status, headers } = response;
  const problem = status === 200 || status === 201 ? null : await problemOf(response);
  const retryAfter = headers.get('retry-after');
  return {
    status,
    code: problem === null ? null : textOf(problem.code),
    detail: problem === null ? null : textOf(problem.detail),
    requestId: headers.get('x-request-id'),
    retryAfterSeconds: retryAfter !== null && /^\d{1,5}$/.test(retryAfter) ? Number(retryAfter) : null,
  };
};

const problemOf = async (response: Response): Promise<Readonly<Record<string, unknown>>> => {
  try {
    const value: unknown = await response.json();
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
};

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const SILENCE: Answer = {
  ...{ status: null, code: null, detail: null, requestId: null, retryAfterSeconds: null },
};

const AT_ONCE: Answer = { ...SILENCE, retryAfterSeconds: 0 };

const pauseMs = ({ retryAfterSeconds }: Answer, attempt: number): number =>
  Math.min(
    LONGEST_PAUSE_MS,
    retryAfterSeconds === null ? FIRST_PAUSE_MS * 2 ** (attempt - 1) : retryAfterSeconds * 1000,
  );

const told = (row: Row, outcome: ReportLine['outcome'], answer: Answer): ReportLine => ({
  ...{ line: row.line, client_id: row.clientId, user_id: row.userId, outcome },
  code: outcome === 'imported' || outcome === 'already' ? null : (answer.code ?? codeOf(answer)),
  detail: answer.detail,
  request_id: answer.requestId,
});

const codeOf = ({ status }: Answer): string => (status === null ? 'no_answer' : `status_${status}`);

import { setTimeout as wait } from 'node:timers/promises';
import { type Client, createClient } from '../src/client/index.ts';
import { err, ok, type Result } from '../src/model/refusal.ts';
import type { ExitCode, World } from './command.ts';
import { type DeskAccess, deskAccess, type OPERATOR_OPTIONS } from './operator.ts';
import type { Terminal } from './terminal.ts';

/** Why the Desk did not do what it was asked, as its problem document says (RFC 9457). */
export interface DeskProblem {
  /** Null where nobody answered. */
  readonly status: number | null;
  readonly code: string;
  readonly detail: string;
  /** By which the Desk's log knows it. */
  readonly request_id: string | null;
}

/** As much of an answer of `openapi-fetch` as is read here. */
interface Answer {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response: Response;
}

/** One question to the Desk, which may be put again: `(desk) => desk.GET('/v1/users/{user_id}', …)`. */
export type Question<A extends Answer> = (client: Client) => Promise<A>;

/** The Desk as an operator asks it. */
export type AskDesk = <A extends Answer>(
  question: Question<A>,
  deadlineMs?: number,
) => Promise<Result<NonNullable<A['data']>, DeskProblem>>;

/** Longer than the Desk waits for Stytch. */
const DEADLINE_MS = 30_000;
const MAX_TRIES = 6;
const LONGEST_PAUSE_MS = 60_000;

/** Opens the Desk to a command, by its options; the refusal is that they make no sense. */
export const openDesk = (
  values: { readonly [name in keyof typeof OPERATOR_OPTIONS]?: string | undefined },
  { env, terminal }: Pick<World, 'env' | 'terminal'>,
): Result<AskDesk, string> => {
  const access = deskAccess(values, env);
  return access.ok ? ok(askDesk(access.value, terminal.tell)) : access;
};

/**
 * Asks as an operator: with another token where one is not taken any more, and again where the Desk says when to come back
 * (429, 503). So a question has to be one that may be put twice.
 */
export const askDesk =
  ({ desk, tokens }: DeskAccess, tell: Terminal['tell']): AskDesk =>
  async (question, deadlineMs = DEADLINE_MS) => {
    let isRenewed = false;
    let token = await tokens.get();
    for (let tries = 1; ; tries++) {
      if (!token.ok) return err(unasked('no_token', token.refusal));
      const said = await once(desk, token.value, deadlineMs, question);
      if (said.ok) return said;
      const { problem, retryAfterSeconds } = said.refusal;
      const another = problem.status === 401 && !isRenewed ? await tokens.renew(token.value) : null;
      if (another !== null) {
        token = another;
        isRenewed = true;
        continue;
      }
      if (retryAfterSeconds === null || tries >= MAX_TRIES) return err(problem);
      tell(`${inWords(problem)} Asking again in ${retryAfterSeconds} s.`);
      await wait(Math.min(LONGEST_PAUSE_MS, retryAfterSeconds * 1000));
    }
  };

interface Refused {
  readonly problem: DeskProblem;
  /** Null where there is no use in coming back. */
  readonly retryAfterSeconds: number | null;
}

const once = async <A extends Answer>(
  desk: string,
  token: string,
  deadlineMs: number,
  question: Question<A>,
): Promise<Result<NonNullable<A['data']>, Refused>> => {
  const client = createClient({
    ...{ url: desk, token },
    // A token follows nobody elsewhere.
    fetch: (request) => fetch(request, { redirect: 'manual', signal: AbortSignal.timeout(deadlineMs) }),
  });
  try {
    const { data, error, response } = await question(client);
    if (data !== undefined && data !== null) return ok(data);
    return err({ problem: problemOf(error, response), retryAfterSeconds: retryAfterOf(response) });
  } catch (error) {
    // Nobody listens, the connection broke, or the time is over.
    if (!(error instanceof Error)) throw error;
    const problem = unasked('no_answer', `${desk} does not answer (${reasonOf(error)}).`);
    return err({ problem, retryAfterSeconds: null });
  }
};

const problemOf = (error: unknown, { status, headers }: Response): DeskProblem => {
  const said = typeof error === 'object' && error !== null ? { ...error } : {};
  const { code, detail } = said as { readonly code?: unknown; readonly detail?: unknown };
  return {
    status,
    code: typeof code === 'string' ? code : `status_${status}`,
    detail:
      typeof detail === 'string'
        ? `${detail}${fieldsIn(said)}`
        : `It answered ${status}, and nothing that a Desk says.`,
    request_id: headers.get('x-request-id'),
  };
};

/** What of a body is wrong, and where (RFC 6901). */
const fieldsIn = ({ errors }: { readonly errors?: unknown }): string =>
  (Array.isArray(errors) ? errors : [])
    .map(
      ({ pointer, detail }: { readonly pointer?: unknown; readonly detail?: unknown }) =>
        ` ${pointer} ${detail}.`,
    )
    .join('');

const unasked = (code: string, detail: string): DeskProblem => ({
  ...{ status: null, code, detail, request_id: null },
});

const retryAfterOf = ({ status, headers }: Response): number | null => {
  const seconds = headers.get('retry-after') ?? '';
  return (status === 429 || status === 503) && /^\d{1,5}$/.test(seconds) ? Number(seconds) : null;
};

const reasonOf = ({ name, cause }: Error): string =>
  cause instanceof Error && 'code' in cause ? String(cause.code) : name;

/** A problem as people read it. */
export const inWords = ({ detail, code, request_id: requestId }: DeskProblem): string =>
  `${detail} (${code}${requestId === null ? '' : `, request id ${requestId}`})`;

/** Ends a command to which the Desk said no: the detail for people, and for programs as JSON. */
export const refusedByDesk = (
  { say, tell }: Terminal,
  problem: DeskProblem,
  json: boolean | undefined,
): ExitCode => {
  tell(inWords(problem));
  if (json === true) say(JSON.stringify({ error: problem }));
  return 1;
};

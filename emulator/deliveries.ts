import { nowMs, nowSeconds, timestamp } from './clock.ts';
import type { JsonObject } from './json.ts';
import type { Project } from './project.ts';
import { makeMessageId, signedHeaders } from './svix.ts';
import { readTarget, type Target } from './webhook-target.ts';

/** How long an answer is waited for, as Svix does. */
const DEADLINE_MS = 15_000;

/** What came of one try: a status, or why there was none. */
export type Reply = { readonly status: number | null; readonly problem: string | null };

type Attempt = Reply & {
  /** RFC 3339. */
  readonly at: string;
  readonly headers: Readonly<Record<string, string>>;
};

type State = 'pending' | 'delivered' | 'failed';

/** One event on its way, or as it ended; `body` is the very text that was sent. */
export type Delivery = {
  readonly id: string;
  readonly url: string;
  readonly state: State;
  readonly body: string;
  readonly attempts: readonly Attempt[];
};

type Row = { message_id: string; url: string; body: string; state: string; attempts: string };

/** Sends an event in the background, if events go anywhere. Whoever causes one never waits for it, nor fails with it. */
export const deliver = (project: Project, event: JsonObject): void => {
  const target = readTarget(project);
  if (target === null) return;
  const id = makeMessageId();
  const body = JSON.stringify(event);
  project.sql.exec(
    "INSERT INTO deliveries (message_id, url, body, state, attempts) VALUES (?, ?, ?, 'pending', '[]')",
    ...[id, target.url, body],
  );
  project.background.run((signal) => tryUntilDelivered(project, target, id, body, signal));
};

/** Every delivery since the last reset, oldest first. */
export const listDeliveries = (project: Project): readonly Delivery[] =>
  project.sql.exec<Row>('SELECT * FROM deliveries ORDER BY sequence').toArray().map(fromRow);

/** Forgets all deliveries; one that is on its way is given up. */
export const forgetDeliveries = (project: Project): void => {
  project.background.drop();
  project.sql.exec('DELETE FROM deliveries');
};

/** Posts a body once. Only 2xx is a success; a redirect is not followed. */
export const post = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  dropped?: AbortSignal,
): Promise<Reply & { readonly text: string }> => {
  try {
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    const signal = dropped === undefined ? deadline : AbortSignal.any([deadline, dropped]);
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    return { status: response.status, problem: null, text: await response.text() };
  } catch (err) {
    // Whatever it was, there is no answer, and nobody here to tell.
    return { status: null, problem: err instanceof Error ? err.message : String(err), text: '' };
  }
};

const tryUntilDelivered = async (
  project: Project,
  { url, secret, retriesMs }: Target,
  id: string,
  body: string,
  dropped: AbortSignal,
): Promise<void> => {
  for (const [index, delayMs] of [0, ...retriesMs].entries()) {
    if (delayMs > 0) await pause(delayMs, dropped);
    const before = findDelivery(project, id);
    if (before === null) return;
    const at = timestamp(nowMs(project));
    const headers = signedHeaders(secret, id, nowSeconds(project), body);
    const { status, problem } = await post(url, headers, body, dropped);
    const isDelivered = status !== null && status >= 200 && status < 300;
    const state = isDelivered ? 'delivered' : index < retriesMs.length ? 'pending' : 'failed';
    saveDelivery(project, {
      ...before,
      state,
      attempts: [...before.attempts, { at, headers, status, problem }],
    });
    if (isDelivered) return;
  }
};

/** Waits, unless it is dropped, or was before. */
const pause = (ms: number, dropped: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(end, dropped.aborted ? 0 : ms);
    dropped.addEventListener('abort', end, { once: true });
  });

const findDelivery = (project: Project, id: string): Delivery | null => {
  const [row] = project.sql.exec<Row>('SELECT * FROM deliveries WHERE message_id = ?', id);
  return row === undefined ? null : fromRow(row);
};

const saveDelivery = (project: Project, { id, state, attempts }: Delivery): void => {
  project.sql.exec(
    'UPDATE deliveries SET state = ?, attempts = ? WHERE message_id = ?',
    state,
    JSON.stringify(attempts),
    id,
  );
};

const fromRow = (row: Row): Delivery => ({
  id: row.message_id,
  url: row.url,
  state: row.state as State,
  body: row.body,
  attempts: JSON.parse(row.attempts),
});

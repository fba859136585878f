import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { Seen } from './origin.ts';
import { type Key, ofSecret, type Secret } from './people.ts';
import { API_HOST, LEASE_SECONDS, PAGE, ROUTES } from './settings.ts';
import { pick, type Soak, wasCutBySilence } from './soak.ts';
import { violate } from './tally.ts';
import { latest, type Taking, takingOf } from './timeline.ts';

/** How many lines are open at once, each for so long at most. */
const LINES = 4;
const MOST_MS = 20_000;
const MESSAGE_EVERY_MS = 500;

/** A line is asked about once in a lease: that is when an end is seen that nobody made. */
const goneBy = ({ kind, effectiveBy }: Taking): number =>
  effectiveBy + (kind === 'expired' ? LEASE_SECONDS * 1000 : 0) + CLOSE_TOLERANCE_MS;

/** A line is closed by a timer of the isolate's: how late a busy machine may be. */
const CLOSE_TOLERANCE_MS = 1_000;

/** Keeps a few WebSockets open with keys that live and die meanwhile, and says things over them. */
export const keepLines = async (soak: Soak): Promise<void> => {
  await Promise.all(Array.from({ length: LINES }, (_, i) => keepLine(soak, i)));
};

const keepLine = async (soak: Soak, index: number): Promise<void> => {
  const random = soak.random(`line ${index}`);
  while (!soak.isOver()) {
    const key = pick(random, soak.keys);
    const [secret] = key?.secrets ?? [];
    const mayRead = key !== undefined && (latest(key.scopes) ?? []).includes('items:read');
    if (key === undefined || secret === undefined || !mayRead || latest(key.owner.suspended) === true)
      await wait(50);
    else await talk(soak, pick(random, soak.stage.isolates) ?? 0, key, secret);
  }
};

const talk = async (soak: Soak, port: number, key: Key, secret: Secret): Promise<void> => {
  const startedAt = Date.now();
  const number = soak.tally.requests++;
  const nonce = `n${number}`;
  const requestId = `soak-${String(number).padStart(8, '0')}`;
  const path = `${ROUTES.stream.path}${nonce}`;
  const [name = '', value = ''] = ofSecret(key, secret, 'bearer').line.split(': ');
  const headers = {
    [name]: value,
    Host: API_HOST,
    Origin: PAGE,
    'X-Nonce': nonce,
    'X-Request-Id': requestId,
  };
  const line = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  const fail = (problem: string): void =>
    violate(soak.tally, {
      ...{
        kind: 'WebSocket',
        problem,
        nonce,
        at: new Date(startedAt).toISOString(),
        ms: Date.now() - startedAt,
      },
      detail: { isolate: port, user: key.owner.userId, key: key.keyId },
    });
  const opened = await new Promise<number>((resolve) => {
    line.once('open', () => resolve(101));
    line.once('unexpected-response', (_, answer) => resolve(answer.statusCode ?? 0));
    line.on('error', () => resolve(0));
  });
  if (opened !== 101) {
    line.terminate();
    if (!mayHaveEnded(key, secret, startedAt)) fail(`not opened: ${opened}`);
    return;
  }
  soak.tally.webSockets++;
  soak.tally.admitted++;
  const closed = new Promise<string>((resolve) =>
    line.once('close', (code, reason) => resolve(`${code} ${reason}`)),
  );
  line.on('message', (data) => {
    const seen = JSON.parse(String(data)) as Seen & { readonly echo: string };
    const isOwn =
      seen.nonce === nonce && seen.key === key.keyId && seen.user === key.owner.userId && seen.echo === nonce;
    if (!isOwn) fail(`the line of nonce ${seen.nonce}, user ${seen.user}, key ${seen.key}`);
  });
  const talking = setInterval(() => line.readyState === WebSocket.OPEN && line.send(nonce), MESSAGE_EVERY_MS);
  const ending = await Promise.race([closed, untilEnd(soak, key, secret, startedAt + MOST_MS)]);
  clearInterval(talking);
  line.terminate();
  const gone = endOf(key, secret);
  const isEarly = ending !== null && !mayHaveEnded(key, secret, startedAt);
  if (isEarly && !wasCutBySilence(soak, requestId)) fail(`closed though its key is good: ${ending}`);
  if (ending === null && gone !== null && Date.now() > goneBy(gone))
    fail(`still open ${Date.now() - gone.effectiveBy} ms after ${gone.kind} was in force`);
};

/** Until a line has been open for long enough, or too long. */
const untilEnd = async (soak: Soak, key: Key, secret: Secret, until: number): Promise<null> => {
  while (!soak.isOver()) {
    await wait(100);
    const gone = endOf(key, secret);
    if (gone === null ? Date.now() > until : Date.now() > goneBy(gone)) break;
  }
  return null;
};

/** What was taken from under a line, if it is known by when it is gone. */
const endOf = (key: Key, secret: Secret): Taking | null => {
  const { owner, alive, scopes } = key;
  const lost = (latest(scopes) ?? []).includes('items:read') ? null : takingOf(scopes);
  const taken = [takingOf(secret.alive), takingOf(alive), takingOf(owner.suspended), lost];
  return taken.find((each) => each !== null && Number.isFinite(each.effectiveBy)) ?? null;
};

const mayHaveEnded = ({ alive, owner, scopes, isUnclear }: Key, secret: Secret, startedAt: number): boolean =>
  isUnclear ||
  [alive, secret.alive].some((timeline) => latest(timeline) === false) ||
  owner.suspended.settings.some(({ value, sureAt }) => value && sureAt > startedAt - RECENT_MS) ||
  owner.suspended.settings.some(
    ({ value }, i, all) => value && (all[i + 1]?.sureAt ?? Infinity) > startedAt,
  ) ||
  scopes.settings.some(
    ({ value }, i, all) => !value.includes('items:read') && (all[i + 1]?.sureAt ?? Infinity) > startedAt,
  );

const RECENT_MS = 10_000;

import { setTimeout as wait } from 'node:timers/promises';
import { openAsks } from './asks.ts';
import { type Ask, book, judge, mayBeUnheard, takenFrom, type Verdict } from './judge.ts';
import { metersOf } from './people.ts';
import { ROUTES } from './settings.ts';
import { type Soak, wasCutBySilence } from './soak.ts';
import { count, time, violate } from './tally.ts';
import { openConnection, type Reply } from './wire.ts';

/** Keeps so many connections busy, spread over all isolates, until it is over. */
export const sendTraffic = async (soak: Soak, connections: number): Promise<void> => {
  const { isolates } = soak.stage;
  await Promise.all(
    Array.from({ length: connections }, (_, i) => keepBusy(soak, isolates[i % isolates.length] ?? 0, i)),
  );
};

/** Connections come one after the other: when all begin at once, all ask for the first time at once. */
const RAMP_MS = 100;

const keepBusy = async (soak: Soak, port: number, index: number): Promise<void> => {
  await wait(index * RAMP_MS);
  const next = openAsks(soak, `connection ${index}`);
  const connection = openConnection(port);
  while (!soak.isOver()) {
    const ask = next();
    const { expected } = ask;
    const meters = expected.type === 'caller' ? metersOf(expected.credential) : [];
    const cost = expected.type === 'caller' ? ROUTES[expected.route].cost : 0;
    const startedAt = Date.now();
    const began = performance.now();
    for (const meter of meters) meter.asked.push({ at: startedAt, cost });
    const bytes = bytesOf(ask);
    try {
      const reply = await connection.send(bytes, ask.method === 'HEAD');
      const span = { startedAt, endedAt: Date.now() };
      const verdict = judge(ask, reply, span);
      count(soak.tally.answers, ask.kind, reply.status);
      time(soak.tally, ask.kind, performance.now() - began);
      if (verdict.seen !== null) soak.tally.admitted++;
      book(meters, cost, span, verdict);
      follow(soak, ask, span.startedAt, verdict);
      for (const problem of verdict.problems) report(soak, port, ask, span, problem, reply, verdict);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      count(soak.tally.answers, ask.kind, 0);
      if (wasCutBySilence(soak, ask.requestId)) {
        soak.tally.admitted++;
        continue;
      }
      const span = { startedAt, endedAt: Date.now() };
      if (isClosedAbove(error) && mayBeUnheard(ask, span)) soak.tally.unheard++;
      else report(soak, port, ask, span, `no answer: ${problem}`, null, null);
    }
  }
  connection.close();
};

/** Whether the other side took no more of what was being sent. */
const isClosedAbove = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EPIPE' || error.code === 'ECONNRESET');

/** The bytes of a request, its body in several chunks where it is sent so. */
const bytesOf = ({ method, path, host, nonce, requestId, lines, body, isChunked }: Ask) => {
  const framing =
    body === null ? [] : [isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`];
  const fields = [`Host: ${host}`, `X-Nonce: ${nonce}`, `X-Request-Id: ${requestId}`, ...lines, ...framing];
  const head = `${method} ${path} HTTP/1.1\r\n${fields.join('\r\n')}\r\n\r\n`;
  if (body === null) return head;
  return [Buffer.from(head, 'latin1'), ...(isChunked ? chunksOf(body) : [body])];
};

const CHUNK_BYTES = 16_384;

const chunksOf = (body: Buffer): readonly Buffer[] => {
  const chunks: Buffer[] = [];
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    const chunk = body.subarray(at, at + CHUNK_BYTES);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
  }
  return [...chunks, Buffer.from('0\r\n\r\n')];
};

/** Finds out how long what was taken away could still be used. */
const follow = (soak: Soak, { expected }: Ask, startedAt: number, { seen }: Verdict): void => {
  if (expected.type !== 'caller') return;
  for (const { taking, value } of takenFrom(expected.credential)) {
    if (taking === null || startedAt <= taking.answeredAt) continue;
    const wanted = ROUTES[expected.route].scopes;
    // Of a key that was narrowed, only what asks for what it lacks says anything.
    if (Array.isArray(value) && wanted.every((scope) => value.includes(scope))) continue;
    if (startedAt > taking.effectiveBy) {
      taking.probes++;
      soak.tally.revocationsChecked++;
    }
    if (seen !== null) taking.lastAdmittedAt = Math.max(taking.lastAdmittedAt ?? 0, startedAt);
  }
};

const report = (
  soak: Soak,
  port: number,
  ask: Ask,
  { startedAt, endedAt }: { readonly startedAt: number; readonly endedAt: number },
  problem: string,
  reply: Reply | null,
  verdict: Verdict | null,
): void => {
  const { kind, nonce, method, path, expected } = ask;
  const credential = expected.type === 'caller' ? expected.credential : null;
  violate(soak.tally, {
    ...{ kind, problem, nonce, at: new Date(startedAt).toISOString(), ms: endedAt - startedAt },
    detail: {
      ...{ isolate: port, method, path, expected: expected.type, status: reply?.status ?? null },
      ...{ code: verdict?.code ?? null, seen: verdict?.seen ?? null },
      ...(credential === null
        ? {}
        : {
            ...{ user: credential.owner.userId, key: credential.key?.keyId ?? null, auth: credential.auth },
            suspended: credential.owner.suspended.settings,
            alive: [credential.alive?.settings ?? null, credential.key?.alive.settings ?? null],
            scopes: credential.key?.scopes.settings ?? credential.granted,
          }),
    },
  });
};

import { envelope } from './envelope.ts';
import type { WireFault } from './faults.ts';
import type { Project } from './project.ts';
import { type Result, refuse } from './result.ts';
import type { Switches } from './switches.ts';

/** Answers a call as a wire fault wants; `honest` does the real work. */
export const misbehave = async (
  project: Project,
  switches: Switches,
  oauth: boolean,
  fault: WireFault,
  honest: () => Promise<Response>,
): Promise<Response> => {
  const real = keepsAnswer(fault) || fault.effect === 'done' ? await honest() : null;
  if (real !== null && keepsAnswer(fault)) return await spoil(real, fault);
  switch (fault.kind) {
    case 'status':
      return fault.body === undefined
        ? failure(project, switches, oauth, fault)
        : own(fault, fault.status ?? 500);
    case 'html':
      return own({ contentType: 'text/html', body: HTML, ...fault }, fault.status ?? 502);
    case 'wrongContent':
      return own({ contentType: 'text/plain', body: 'ok', ...fault }, fault.status ?? 200);
    default:
      return failure(project, switches, oauth, { ...fault, status: fault.status ?? 429 });
  }
};

const HEAD_START_MS = 50;

const HTML = '<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1>';

const keepsAnswer = ({ kind }: WireFault): boolean =>
  ['latency', 'truncated', 'cut', 'oversized'].includes(kind);

const spoil = async (real: Response, fault: WireFault): Promise<Response> => {
  if (fault.kind === 'latency') return real;
  const text = await real.text();
  const { status } = real;
  const headers = { 'content-type': 'application/json' };
  const half = fault.bytes ?? Math.floor(text.length / 2);
  if (fault.kind === 'truncated') return new Response(text.slice(0, half), { status, headers });
  if (fault.kind === 'cut') return new Response(breakingOff(text, half), { status, headers });
  const padding = 'x'.repeat(fault.bytes ?? 5_000_000);
  return new Response(text.replace(/\}$/, `,"padding":"${padding}"}`), { status, headers });
};

/** A body that announces all its bytes and whose connection dies after the first of them. */
const breakingOff = (text: string, bytes: number): ReadableStream => {
  const { readable, writable } = new FixedLengthStream(new TextEncoder().encode(text).length);
  const writer = writable.getWriter();
  const half = async (): Promise<void> => {
    await writer.write(new TextEncoder().encode(text.slice(0, bytes)));
    // Proxies on the way turn an error before the head has gone out into a whole 500.
    await scheduler.wait(HEAD_START_MS);
    await writer.abort(new Error('a fault cut this answer off'));
  };
  void half().catch(() => undefined);
  return readable;
};

/** A failure in Stytch's own words; at the token endpoint in the envelope that the switch names. */
const failure = (project: Project, switches: Switches, oauth: boolean, fault: WireFault): Response => {
  const status = fault.status ?? 500;
  const answer = envelope(
    project,
    switches,
    failureResult(status, oauth && switches.tokenFailureEnvelope === 'oauth'),
  );
  const retryAfter = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  const headers = { 'content-type': 'application/json', ...retryAfter, ...fault.headers };
  return new Response(answer.body, { status, headers });
};

const failureResult = (status: number, oauth: boolean): Result => {
  if (oauth) {
    const error = status === 429 ? 'temporarily_unavailable' : 'server_error';
    return { kind: 'oauth', error, status, description: 'A fault answers instead.', challenge: false };
  }
  if (status === 429) return refuse('too_many_requests');
  return refuse(
    status === 503 ? 'server_unavailable' : status < 500 ? 'bad_request' : 'internal_server_error',
  );
};

const own = (fault: Partial<WireFault>, status: number): Response => {
  const text = typeof fault.body === 'string' ? fault.body : JSON.stringify(fault.body);
  const retryAfter = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  const contentType =
    fault.contentType ?? (typeof fault.body === 'string' ? 'text/plain' : 'application/json');
  return new Response(text, {
    status,
    headers: { 'content-type': contentType, ...retryAfter, ...fault.headers },
  });
};

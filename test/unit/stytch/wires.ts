import type { Wires } from '../../../src/stytch/call.ts';
import { createStytch } from '../../../src/stytch/client.ts';

export const PROJECT = {
  baseUrl: 'https://test.stytch.test',
  projectId: 'project-test-1',
  vertical: 'consumer',
  projectSecret: 'secret-test-x=',
} as const;

/** What the project proves itself with. */
export const BASIC = `Basic ${btoa('project-test-1:secret-test-x=')}`;

/** One thing that Stytch does: answer, or never answer. */
export type Deed = Response | Error | (() => Response);

export interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

/** Wires to a Stytch that does the given deeds in turn. A call too many fails the test. */
export const scripted = (...deeds: readonly Deed[]) => {
  const sent: Sent[] = [];
  const slept: number[] = [];
  const left = [...deeds];
  const wires: Wires = {
    fetch: async (url, init) => {
      sent.push({ url, init });
      const deed = left.shift();
      if (deed === undefined) throw new Error('a call too many');
      if (deed instanceof Error) throw deed;
      return deed instanceof Response ? deed : deed();
    },
    sleep: async (ms) => void slept.push(ms),
    random: () => 0.5,
  };
  return { wires, sent, slept, left };
};

/** What speaks to a Stytch that does the given deeds in turn. */
export const stytch = (...deeds: readonly Deed[]) => {
  const script = scripted(...deeds);
  return { ...script, api: createStytch(PROJECT, script.wires) };
};

/** The headers of a call, by their lower-case names. */
export const headersOf = (sent: Sent | undefined): Record<string, string> =>
  Object.fromEntries(new Headers(sent?.init.headers as HeadersInit));

export const answer = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });

/** RFC 6749 §5.2 as Stytch's token endpoint writes it. */
export const oauthError = (error: string, status: number): Response =>
  answer(
    { status_code: status, request_id: 'request-id-test-1', error, error_description: 'x', error_uri: 'x' },
    status,
  );

/** The envelope of all other endpoints. */
export const stytchError = (error_type: string, status: number): Response =>
  answer(
    { status_code: status, request_id: 'request-id-test-1', error_type, error_message: 'x', error_url: 'x' },
    status,
  );

/** A body that breaks off. */
export const cutOff = (status: number, headers: Record<string, string> = {}): Response =>
  new Response(
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"access_token":"ey')),
      pull: (controller) => controller.error(new TypeError('terminated')),
    }),
    { status, headers },
  );

export const timeout = (): Error =>
  new DOMException('The operation was aborted due to timeout', 'TimeoutError');

/** What is no answer, whatever was asked. */
export const SILENCES = [
  ['a timeout', timeout],
  ['a 429', () => stytchError('too_many_requests', 429)],
  ['a 502', () => answer('', 502)],
  ['HTML', () => answer('<html>')],
  ['an answer that breaks off', () => cutOff(200)],
  ['null', () => answer('null')],
  ['a list', () => answer([])],
  ['an answer about nobody', () => answer({ status_code: 200, request_id: 'x' })],
] as const;

import type { Wires } from '../../../src/stytch/call.ts';

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

import { describe, expect, it } from 'vitest';
import { type Recording, type TracedPorts, traced } from '../../../src/gate/traced.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CLIENT = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, tracestate: 'congo=1' };

/** Digits that say how many bytes were asked for. */
const portsOf = (mode: TracedPorts['mode']): TracedPorts => ({
  ...{ mode, recording: () => null },
  randomHex: (bytes) => `${bytes}`.repeat(32).slice(0, 2 * bytes),
});

const recorded = () => {
  const linked: string[] = [];
  const recording: Recording = {
    ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
    link: (traceId) => void linked.push(traceId),
    span: (_name, work) => work(),
  };
  return { recording, linked };
};

const of = (
  headers: HeadersInit,
  {
    mode = 'continue',
    recording = null,
    isLogged = true,
  }: {
    mode?: TracedPorts['mode'];
    recording?: Recording | null;
    isLogged?: boolean;
  } = {},
) => traced(portsOf(mode), new Headers(headers), recording, isLogged);

describe('the trace of a request', () => {
  it('goes on where the client has one, with a span of our own', () => {
    expect(of(CLIENT)).toEqual({ traceId: TRACE, spanId: '8'.repeat(16), flags: 1, state: 'congo=1' });
  });

  it('keeps what the client says of sampling, whatever the log keeps', () => {
    const quiet = { ...CLIENT, traceparent: CLIENT.traceparent.replace(/01$/, '02') };
    expect(of(quiet).flags).toBe(2);
    expect(of(CLIENT, { isLogged: false }).flags).toBe(1);
  });

  it('begins here where the client has none, or says it in a way that is none', () => {
    const begun = { traceId: '16'.repeat(16), spanId: '8'.repeat(16), flags: 3, state: null };
    expect(of({})).toEqual(begun);
    expect(of({ tracestate: 'congo=1' })).toEqual(begun);
    expect(of({ ...CLIENT, traceparent: '00-1' })).toEqual(begun);
    expect(of({}, { isLogged: false })).toEqual({ ...begun, flags: 2 });
  });

  it('begins here each time where no client’s goes on, and takes nothing of it', () => {
    expect(of(CLIENT, { mode: 'restart' })).toEqual({
      ...{ traceId: '16'.repeat(16), spanId: '8'.repeat(16), flags: 3, state: null },
    });
  });

  it('goes on without a tracestate that cannot be read', () => {
    expect(of({ ...CLIENT, tracestate: 'congo' })).toMatchObject({ traceId: TRACE, state: null });
  });

  it('is the platform’s where that records the request, and says so', () => {
    const { recording, linked } = recorded();
    expect(of({}, { recording, isLogged: false })).toEqual({
      ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), flags: 1, state: null },
    });
    expect(linked).toEqual([]);
  });

  it('stays the client’s where the platform records it under another name, which is told of it', () => {
    const { recording, linked } = recorded();
    expect(of(CLIENT, { recording })).toMatchObject({ traceId: TRACE, spanId: 'b'.repeat(16) });
    expect(linked).toEqual([TRACE]);
  });
});

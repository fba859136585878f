import { describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import { BLOBS, type DataPoint, DOUBLES } from '../../src/model/data-point.ts';
import { lineCount, linesAfter } from '../secrets.ts';
import settings from '../settings.ts';
import { API, DESK, type Isolate, isolate, issueKey, rooms, signIn } from '../world.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CLIENT = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01`, tracestate: 'congo=t61rcWkgMzE' };
const ITEM = `${API}/v1/items/1`;

/** The trace context that the origin was last sent. */
const atOrigin = async (): Promise<{ readonly traceparent?: string; readonly tracestate?: string }> => {
  const headers = Object.fromEntries((await rooms.ORIGIN.records()).at(-1)?.headers ?? []);
  return { traceparent: headers.traceparent, tracestate: headers.tracestate } as never;
};

/** What was logged of the requests that `work` makes. */
const requestsIn = async (work: () => Promise<unknown>) => {
  const before = lineCount();
  await work();
  return linesAfter(before)
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    .filter(({ event }) => event === 'request');
};

/** An isolate whose points are caught. */
const counting = (make = latchkeyFor(settings), write?: () => void) => {
  const points: DataPoint[] = [];
  const ANALYTICS = { writeDataPoint: write ?? ((point: DataPoint) => void points.push(point)) };
  return { here: isolate({ ANALYTICS, VERSION: { id: 'version-1' } }, make), points };
};

/** A point by the names of its columns. */
const named = ({ indexes, blobs, doubles }: DataPoint) => ({
  ...{ version: blobs[0], version_id: blobs[1], ring: indexes[0] },
  ...Object.fromEntries(BLOBS.map((field, i) => [field, blobs[i + 2]])),
  ...Object.fromEntries(DOUBLES.map((field, i) => [field, doubles[i]])),
});

const keyed = async () => {
  const { key, key_id } = await issueKey(await signIn());
  return { headers: { 'x-api-key': key }, key_id };
};

describe('W3C Trace Context', () => {
  it('a client’s trace goes on at the origin, under a span of the edge, and the log names both', async () => {
    const { headers } = await keyed();
    const here = isolate();
    // Cold, and warm twice: headers that are sent again are of their own request.
    for (const trace of [TRACE, TRACE.replace('4b', '4c'), TRACE.replace('4b', '4d')]) {
      const traceparent = CLIENT.traceparent.replace(TRACE, trace);
      const [line] = await requestsIn(() =>
        here.fetch(ITEM, { headers: { ...headers, ...CLIENT, traceparent } }),
      );
      const sent = await atOrigin();
      expect(sent).toEqual({ traceparent: `00-${trace}-${line?.span_id}-01`, tracestate: CLIENT.tracestate });
      expect(line).toMatchObject({
        trace_id: trace,
        span_id: expect.stringMatching(/^(?!00f067aa)[0-9a-f]{16}$/),
      });
    }
  });

  it('begins at the edge where the client has none or a bad one, whose tracestate goes no further', async () => {
    const { headers } = await keyed();
    const here = isolate();
    const seen = new Set<unknown>();
    for (const sent of [{}, { ...CLIENT, traceparent: 'x' }, { tracestate: 'congo=1' }]) {
      const [line] = await requestsIn(() => here.fetch(ITEM, { headers: { ...headers, ...sent } }));
      expect(await atOrigin()).toEqual({ traceparent: `00-${line?.trace_id}-${line?.span_id}-03` });
      seen.add(line?.trace_id).add(line?.span_id);
    }
    expect(seen.size).toBe(6);
  });

  it('begins anew each time where the file says so', async () => {
    const { headers } = await keyed();
    const here = isolate({}, latchkeyFor({ ...settings, traceContext: 'restart' }));
    const [line] = await requestsIn(() => here.fetch(ITEM, { headers: { ...headers, ...CLIENT } }));
    expect(line?.trace_id).not.toBe(TRACE);
    expect(await atOrigin()).toEqual({ traceparent: `00-${line?.trace_id}-${line?.span_id}-03` });
  });

  it('of a request that is refused is in the log, and in no answer', async () => {
    const refusedNow = async () => {
      const answer = await isolate().fetch(ITEM, { headers: CLIENT });
      expect([answer.status, answer.headers.get('traceparent')]).toEqual([401, null]);
    };
    expect(await requestsIn(refusedNow)).toMatchObject([{ trace_id: TRACE, status: 401 }]);
  });
});

describe('a log that keeps a share', () => {
  const sampled = latchkeyFor({ ...settings, log: { sample: 0, slowMs: 300_000 } });

  it('leaves out what went as it should, and writes whatever did not', async () => {
    const { headers } = await keyed();
    const here = isolate({}, sampled);
    const good = () => here.fetch(ITEM, { headers });
    expect(await requestsIn(good)).toEqual([]);
    // The origin is told that nobody wrote it down.
    expect((await atOrigin()).traceparent).toMatch(/-02$/);
    expect(await requestsIn(() => here.fetch(ITEM))).toMatchObject([{ status: 401, share: 1 }]);
    await rooms.ORIGIN.next({ status: 500 });
    expect(await requestsIn(good)).toMatchObject([{ status: 500, decision: 'forwarded', share: 1 }]);
    await rooms.ORIGIN.next({ fail: 'refuse' });
    expect(await requestsIn(good)).toMatchObject([{ status: 502, reason: 'origin_failed' }]);
    expect(await requestsIn(() => here.fetch(`${DESK}/healthz`))).toMatchObject([
      { host: 'desk', status: 200 },
    ]);
  });

  it('writes what was slow', async () => {
    const { headers } = await keyed();
    const here = isolate({}, latchkeyFor({ ...settings, log: { sample: 0, slowMs: 40 } }));
    await here.fetch(ITEM, { headers });
    await rooms.ORIGIN.next({ delayMs: 60 });
    expect(await requestsIn(() => here.fetch(ITEM, { headers }))).toMatchObject([{ status: 200, share: 1 }]);
  });

  it('says the share that it keeps', async () => {
    const { headers } = await keyed();
    const here = isolate({}, latchkeyFor({ ...settings, log: { sample: 0.5, slowMs: 300_000 } }));
    const lines = await requestsIn(async () => {
      for (let i = 0; i < 60; i++) await here.fetch(ITEM, { headers });
    });
    // All or none of 60 would be two in 2^60.
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(60);
    expect(new Set(lines.map(({ share }) => share))).toEqual(new Set([0.5]));
  });
});

describe('data points', () => {
  const last = (points: readonly DataPoint[]) => points.map(named).at(-1);

  it('are one for each request, whoever answers it and whatever the log keeps', async () => {
    const { headers, key_id } = await keyed();
    const { here, points } = counting(latchkeyFor({ ...settings, log: { sample: 0, slowMs: 300_000 } }));
    await here.fetch(ITEM, {
      headers: { ...headers, ...CLIENT, 'cf-ray': '8f2b-FRA', 'cf-ipcountry': 'DE' },
    });
    expect(last(points)).toMatchObject({
      ...{ version: '1', version_id: 'version-1', event: 'request', host: 'api', ring: key_id.slice(10, 27) },
      ...{
        route: '/v1/items/**',
        method: 'GET',
        status: '200',
        decision: 'forwarded',
        reason: '',
        because: '',
      },
      ...{ credential: 'api_key', tier: 'exchange', key_id, country: 'DE', colo: 'FRA', trace_id: TRACE },
      ...{ units: 1, exchanges: 1 },
    });
    await here.fetch(ITEM, { headers });
    expect(last(points)).toMatchObject({ tier: 'memory', exchanges: 0, stytch_ms: 0, units: 1 });
    await here.fetch(ITEM);
    expect(last(points)).toMatchObject({ status: '401', reason: 'credential_missing', ring: '', units: 0 });
    await here.fetch(`${DESK}/healthz`);
    expect(last(points)).toMatchObject({ host: 'desk', route: '/healthz', status: '200' });
    await here.fetch(`${DESK}/`);
    expect(last(points)).toMatchObject({ host: 'desk', route: '/' });
    expect(points).toHaveLength(5);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['is not bound', {}],
    [
      'throws',
      {
        ANALYTICS: {
          writeDataPoint: () => {
            throw new TypeError('full');
          },
        },
      },
    ],
    ['is something else', { ANALYTICS: 'latchkey' }],
  ])('change nothing where the dataset %s', async (_, bindings) => {
    const { headers } = await keyed();
    const here: Isolate = isolate(bindings);
    const lines = await requestsIn(async () => {
      expect((await here.fetch(ITEM, { headers })).status).toBe(200);
      expect((await here.fetch(ITEM)).status).toBe(401);
    });
    expect(lines).toMatchObject([{ status: 200 }, { status: 401 }]);
  });
});

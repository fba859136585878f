import { createServer, type IncomingHttpHeaders, type Server as Origin } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, bearer, textOf } from '../../demo/http.ts';
import { freePort } from '../../tools/dev/ports.ts';
import { COLUMNS } from '../../tools/docs/fields.ts';
import { type Server, serve } from '../../tools/serve/index.ts';
import { freshSecrets } from '../../tools/serve/secrets.ts';
import { latchkeyAt, newUser } from './cli/stage.ts';
import { stytchEmulator } from './edge.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** What the platform records, in the place of Workers Observability: a streaming tail Worker. */
const RECORDER = `
const spans = [];
export default {
  tailStream({ spanContext, event }) {
    const root = { trace: spanContext.traceId, span: event.spanId, url: event.info.url ?? null, names: [], attributes: {} };
    spans.push(root);
    return ({ event }) => {
      if (event.type === 'spanOpen') root.names.push(event.name);
      if (event.type === 'attributes') for (const { name, value } of event.info) root.attributes[name] ??= String(value);
      if (event.type === 'outcome') root.isOver = true;
    };
  },
  fetch: () => Response.json(spans),
};`;

/** Takes points as Analytics Engine does: its columns by name, texts as their bytes. */
const SINK = `
const points = [];
export default {
  fetch: async (request) => {
    if (request.method === 'GET') return Response.json(points);
    points.push(await request.json());
    return new Response();
  },
};`;

interface Recorded {
  readonly trace: string;
  readonly span: string;
  readonly url: string | null;
  readonly names: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly isOver?: true;
}

let origin: Origin;
let stytch: Server;
let edge: Server;
const atOrigin: IncomingHttpHeaders[] = [];
const url = { api: '', desk: '', recorder: '', sink: '' };

beforeAll(async () => {
  origin = createServer(({ headers }, response) => {
    atOrigin.push(headers);
    response.end('ok');
  });
  await new Promise<void>((listening) => origin.listen(0, '127.0.0.1', listening));
  stytch = await serve({ services: [stytchEmulator()] });
  const port = await freePort();
  const at = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
  edge = await serve({
    services: [
      {
        ...latchkeyAt(port, stytch.port('stytch'), freshSecrets(), at),
        analytics: { binding: 'ANALYTICS', service: 'sink' },
        recordedBy: 'recorder',
      },
      { name: 'recorder', script: RECORDER, compatibilityFlags: ['streaming_tail_worker'], socket: 0 },
      { name: 'sink', script: SINK, socket: 0 },
    ],
  });
  url.api = `http://127.0.0.1:${port}/v1/items/1`;
  url.desk = `http://localhost:${port}`;
  url.recorder = `http://127.0.0.1:${edge.port('recorder')}`;
  url.sink = `http://127.0.0.1:${edge.port('sink')}`;
});

afterAll(async () => {
  await Promise.all([edge?.stop(), stytch?.stop()]);
  origin?.close();
});

const newKey = async (): Promise<string> => {
  const { session } = await newUser(`http://127.0.0.1:${stytch.port('stytch')}`);
  const body = { name: 'Traced', scopes: ['items:read'] };
  const { json } = await ask(`${url.desk}/v1/keys`, { headers: bearer(session), body });
  return textOf(json, 'key');
};

/** Sends a request to the API; gives what the origin got, what was logged, and what the platform recorded of it. */
const traced = async (headers: Readonly<Record<string, string>>) => {
  const requestId = crypto.randomUUID();
  const { status } = await ask(url.api, { headers: { ...headers, 'X-Request-Id': requestId } });
  const { traceparent } = atOrigin.at(-1) ?? {};
  const line = await vi.waitFor(() => {
    const lines = edge.logs().split('\n');
    const found = lines.find((each) => each.startsWith('{') && each.includes(requestId));
    if (found === undefined) throw new Error('nothing is logged');
    return JSON.parse(found) as Readonly<Record<string, string>>;
  });
  const recorded = await vi.waitFor(async () => {
    const all = (await (await fetch(url.recorder)).json()) as readonly Recorded[];
    const found = all.find(({ span, isOver }) => span === line.span_id && isOver === true);
    if (found === undefined) throw new Error('nothing is recorded');
    return found;
  }, 10_000);
  return { status, traceparent, line, recorded };
};

/** Of our own, in the order in which they begin. */
const ours = ({ names }: Recorded) =>
  names.filter((name) => ['resolve', 'exchange', 'admit', 'forward'].includes(name));

describe('a request that the platform records', () => {
  it('is one trace at the platform, in the log and at the origin; what it waits for are its spans', async () => {
    const key = bearer(await newKey());
    const cold = await traced(key);
    expect(cold.status).toBe(200);
    expect(cold.traceparent).toBe(`00-${cold.recorded.trace}-${cold.recorded.span}-01`);
    expect(cold.line).toMatchObject({ trace_id: cold.recorded.trace, span_id: cold.recorded.span });
    expect(ours(cold.recorded)).toEqual(['resolve', 'exchange', 'forward']);
    // It waits for nothing but the origin.
    const warm = await traced(key);
    expect(warm.line.tier).toBe('memory');
    expect(ours(warm.recorded)).toEqual(['forward']);
    expect(warm.recorded.trace).not.toBe(cold.recorded.trace);
  });

  it('has an admit where the Ring is asked, and no forward where it is refused', async () => {
    const refused = await traced({ 'X-API-Key': 'word' });
    expect([refused.status, ours(refused.recorded)]).toEqual([401, []]);
    const { session } = await newUser(`http://127.0.0.1:${stytch.port('stytch')}`);
    const first = await traced(bearer(session));
    expect([first.status, ours(first.recorded)]).toEqual([200, ['resolve', 'admit', 'forward']]);
  });

  it('stays in a client’s trace, whose id it is told', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const key = bearer(await newKey());
    const request = await traced({ ...key, traceparent: `00-${trace}-00f067aa0ba902b7-00` });
    expect(request.traceparent).toBe(`00-${trace}-${request.recorded.span}-00`);
    expect(request.line.trace_id).toBe(trace);
    expect(request.recorded.attributes['latchkey.trace_id']).toBe(trace);
  });

  it('is a point in the runtime’s own binding, in the columns that docs/fields.md has', async () => {
    const { line } = await traced(bearer(await newKey()));
    const points = await vi.waitFor(async () => {
      const all = (await (await fetch(url.sink)).json()) as readonly Readonly<Record<string, unknown>>[];
      const found = all.map(named).filter(({ trace_id }) => trace_id === line.trace_id);
      if (found.length === 0) throw new Error('there is no point');
      return found;
    }, 10_000);
    expect(points).toEqual([
      expect.objectContaining({
        ...{ event: 'request', host: 'api', route: '/v1/items/**', method: 'GET', status: '200' },
        ...{ decision: 'forwarded', credential: 'api_key', tier: 'exchange', key_id: line.key_id },
        ...{ ring: line.ring, units: 1, exchanges: 1, bytes: 2, version: '1' },
      }),
    ]);
  });
});

/** A point by the names of its fields. */
const named = (point: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    [...COLUMNS].map(([column, field]) => {
      const value = point[column];
      return [field, Array.isArray(value) ? Buffer.from(value).toString() : value];
    }),
  );

import { afterAll, beforeAll, vi } from 'vitest';
import type { Env } from '../../src/assemble.ts';
import { inUse } from '../secrets.ts';
import { KeyRing, Lobby } from '../worker.ts';
import { type Called, type Caller, ofStytch } from './calls.ts';
import { failFetch } from './kinds.ts';
import { current, EVENTS_SECRET, homes, type Own, runs } from './run.ts';

const CALLERS: Readonly<Record<string, Caller>> = { worker: 'Worker', ring: 'Ring', lobby: 'Lobby' };

/** Whose a fetch is, and what it is called. A Durable Object is known by the Stytch that it asks, the Worker by its request. */
const aimOf = (
  url: URL,
  method: string,
  isHandshake: boolean,
): { readonly run: Own; readonly called: Called } | null => {
  const [caller = '', name = ''] = url.hostname.split('.');
  const asking = runs.get(name);
  if (asking !== undefined)
    return { run: asking, called: ofStytch(CALLERS[caller] ?? 'Worker', method, url.pathname) };
  const told = url.hostname === 'events.test' ? runs.get(url.pathname.slice(1)) : undefined;
  if (told !== undefined) return { run: told, called: { name: 'Ring → events', kind: 'receiver' } };
  const run = current.getStore();
  if (run === undefined) return null;
  if (url.hostname === 'origin.test')
    return { run, called: { name: 'Worker → origin', kind: isHandshake ? 'socket' : 'origin' } };
  return url.hostname === 'api.github.com'
    ? { run, called: { name: 'Worker → GitHub keys', kind: 'keys' } }
    : null;
};

/** What is searched for, among the clients of a run alone: all of a project's are those of every run. */
const searchOf = (ids: readonly string[], body: unknown): string => {
  const operands = [{ filter_name: 'client_id', filter_value: ids }];
  return JSON.stringify({ ...JSON.parse(String(body)), query: { operator: 'AND', operands } });
};

/** For a file of tests with runs: their fetches are theirs, and so are their Durable Objects. */
export const withRuns = (): void => {
  const real = globalThis.fetch;
  const spies: { readonly mockRestore: () => void }[] = [];

  beforeAll(() => {
    inUse(EVENTS_SECRET);
    globalThis.fetch = (input: RequestInfo | URL, init?: RequestInit) => {
      const url = new URL(input instanceof Request ? input.url : String(input));
      const aim = aimOf(url, init?.method ?? 'GET', new Headers(init?.headers).has('upgrade'));
      if (aim === null) return real(input, init);
      if (aim.called.kind === 'stytch') url.hostname = 'stytch.test';
      const call = () => {
        if (aim.called.name.endsWith('clients create'))
          aim.run.takes(JSON.parse(String(init?.body)).client_id);
        if (!aim.called.name.endsWith('clients search')) return real(url.href, init);
        return real(url.href, { ...init, body: searchOf(aim.run.created(), init?.body) });
      };
      return aim.run.meet(aim.called, call, (kind, hang) =>
        failFetch(kind, call, hang, init?.signal ?? null),
      );
    };
    for (const [object, portsOf] of [
      [KeyRing, (run: Own) => run.file(run.envOf('Ring')).ringPorts()],
      [Lobby, (run: Own) => run.file(run.envOf('Lobby')).lobbyPorts()],
    ] as const) {
      const own = object.prototype as unknown as { ports: (vars: Env) => object };
      const usual = own.ports;
      const spy = vi.spyOn(own, 'ports');
      spy.mockImplementation(function (this: unknown, vars: Env) {
        const { ctx } = this as { readonly ctx: DurableObjectState };
        const run = homes.get(ctx.id.name ?? '');
        return run === undefined ? usual.call(this as never, vars) : portsOf(run);
      });
      spies.push(spy);
    }
  });
  afterAll(() => {
    globalThis.fetch = real;
    for (const spy of spies) spy.mockRestore();
  });
};

import { describe, expect, it, vi } from 'vitest';
import type { Signer } from '../../../../src/gate/forward/assertion.ts';
import { createHeaderRules } from '../../../../src/gate/forward/headers.ts';
import { bindingsNamed, createOrigins } from '../../../../src/gate/forward/origins.ts';
import type { Place } from '../../../../src/model/place.ts';
import { compile, type RouteSettings } from '../../../../src/model/policy.ts';

const MAIN: Place = { kind: 'url', url: 'https://origin.test' };
const routesOf = (...routes: readonly RouteSettings[]) =>
  compile(routes, { leaseSeconds: 5, timeoutSeconds: 30 }).routes;

const open = (place: Place, routes: ReturnType<typeof routesOf> = [], keepCookies = false) => {
  const signed: string[] = [];
  const fetch = vi.fn(async () => new Response('by url'));
  const bound = vi.fn(async () => new Response('by binding'));
  const binding = vi.fn(() => bound);
  const origins = createOrigins({
    ...{ main: { place, id: 'main', keepCookies }, routes, fetch, binding },
    signer: (audience) => {
      signed.push(audience);
      return { publicJwks: { keys: [] }, sign: async () => audience } satisfies Signer;
    },
    headers: (keeps) => createHeaderRules({ prefix: 'X-Latchkey', forwardCookies: keeps }),
  });
  return { origins, signed, fetch, bound, binding };
};

describe('what a request is sent under', () => {
  it.each([
    [MAIN, 'https://origin.test'],
    [{ kind: 'binding', binding: 'APP' }, 'https://api.test:8443'],
    [{ kind: 'zone' }, 'http://api.test:8443'],
  ] as const)('%o: %s', (place, base) => {
    expect(open(place).origins.main.base('http', 'api.test:8443')).toBe(base);
  });

  it('goes by the binding that is named, else by the runtime', async () => {
    const here = open({ kind: 'binding', binding: 'APP' });
    await here.origins.main.fetch('https://api.test/', {});
    expect(here.binding.mock.calls).toEqual([['APP']]);
    expect([here.bound.mock.calls.length, here.fetch.mock.calls.length]).toEqual([1, 0]);
    const there = open({ kind: 'zone' });
    await there.origins.main.fetch('https://api.test/', {});
    expect([there.bound.mock.calls.length, there.fetch.mock.calls.length]).toEqual([0, 1]);
  });
});

describe('the origin of a route', () => {
  const routes = routesOf(
    { path: '/main' },
    { path: '/same', origin: { url: 'https://b.test' } },
    { path: '/other', origin: { binding: 'APP', id: 'other' } },
    { path: '/third', origin: { zone: true, id: 'other' } },
  );
  const at = (i: number) => routes[i] as (typeof routes)[number];

  it('is its own where it says so, for the audience that it names, else for the file’s', () => {
    const { origins, signed } = open(MAIN, routes);
    expect(origins.of(at(0))).toBe(origins.main);
    expect(routes.map((route) => origins.of(route).audience)).toEqual(['main', 'main', 'other', 'other']);
    expect(origins.of(at(1)).base('https', 'api.test')).toBe('https://b.test');
    // One signer for an audience, and so one key that is imported once.
    expect(signed).toEqual(['main', 'other']);
    expect(origins.of(at(1)).signer).toBe(origins.main.signer);
  });

  it('is not sent the cookies that the file’s origin is sent', () => {
    const { origins } = open(MAIN, routes, true);
    expect(routes.map((route) => origins.of(route).headers.forwards('cookie'))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('of a route that nobody knows is an error, not the main one', () => {
    const [stranger] = routesOf({ path: '/x', origin: { zone: true } });
    expect(() => open(MAIN).origins.of(stranger as (typeof routes)[number])).toThrow('is not known');
  });
});

it('each service binding is named once, by the setting that names it first', () => {
  const routes = routesOf(
    { path: '/a', origin: { binding: 'B' } },
    { path: '/b', origin: { binding: 'A' } },
    { path: '/c', origin: { binding: 'B' } },
    { path: '/d', origin: { zone: true } },
  );
  expect(bindingsNamed({ kind: 'binding', binding: 'A' }, routes)).toEqual([
    { name: 'A', setting: 'origin.binding' },
    { name: 'B', setting: 'routes[0].origin.binding' },
  ]);
  expect(bindingsNamed(MAIN, [])).toEqual([]);
});

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holds } from '../property.ts';
import { ANONYMOUS, bearer, type Caller, type Edge, request, startEdge } from './edge.ts';
import { allows, anyHeader, anyMethod, anyTarget, plainTarget } from './hostile-requests.ts';
import type { Seen } from './recording-origin.ts';

/** A caller's limit is 600 a minute: so many runs share one. */
const RUNS_PER_CALLER = 300;

/** What somebody may do; the first is nobody. */
const WHO = [null, ['items:read', 'items:write'], ['items:read'], ['items:write']] as const;
const who = fc.nat(WHO.length - 1);

let edge: Edge;
beforeAll(async () => {
  edge = await startEdge();
});
afterAll(() => edge.stop());

let used = 0;
const callers = new Map<readonly string[], Caller>();
const callerOf = async (scopes: readonly string[]): Promise<Caller> => {
  if (used++ % RUNS_PER_CALLER === 0) callers.clear();
  const caller = callers.get(scopes) ?? (await edge.newCaller({ scopes }));
  callers.set(scopes, caller);
  return caller;
};

/** The paths that origins are known to make of one: decoded once or twice, cleaned up, cut at semicolons, in small letters. */
const readings = (path: string): readonly string[] => {
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  const twice = decoded.replace(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return [path, decoded, twice].flatMap((text) => [
    text,
    cleaned(text),
    cleaned(text.replace(/;[^/]*/g, '')),
    text.split('\0')[0] ?? '',
  ]);
};

const cleaned = (path: string): string => {
  const kept: string[] = [];
  for (const segment of path.replaceAll('\\', '/').split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '.' && segment !== '') kept.push(segment);
  }
  return `/${kept.join('/')}${path.endsWith('/') && kept.length > 0 ? '/' : ''}`;
};

const withoutOurs = ({ headers }: Seen): readonly (readonly [string, string])[] =>
  headers.filter(([name]) => !/^x-(?:request-id$|forwarded-(?:host|proto)$)/i.test(name));

/** Sends one request, and judges all that comes of it at both ends; whether it arrived. */
const judged = async (
  verb: string,
  path: string,
  lines: readonly string[],
  person: number,
  at: number,
): Promise<boolean> => {
  const scopes = WHO[person] ?? null;
  const caller = scopes === null ? null : await callerOf(scopes);
  const sent = caller === null ? lines : [...lines.slice(0, at), bearer(caller), ...lines.slice(at)];
  const bodiless = /^(?:get|head)$/i.test(verb) ? [] : ['Content-Length: 0'];
  const { arrived, wire, statuses } = await edge.send(request(verb, path, [...sent, ...bodiless]));
  expect(arrived.length).toBeLessThan(2);
  if (arrived.length === 0) expect([wire, statuses.filter((status) => status < 400)]).toEqual(['', []]);
  for (const seen of arrived) {
    const [came = ''] = seen.target.split('?');
    expect(seen.method).toBe(verb);
    const said = seen.headers.find(([name]) => name === 'X-Latchkey-User-Id')?.[1];
    const told = said === undefined ? null : caller;
    // Where credentials are not read, nobody is told; elsewhere, whoever presented one.
    expect(told).toBe(came.split('/')[1] === 'public' ? null : caller);
    await edge.inspect(seen, told?.identity ?? ANONYMOUS);
    for (const [name, value] of withoutOurs(seen))
      if (value.includes('evil-intruder'))
        expect(name).toMatch(/^(?!x-latchkey|x-forwarded|x-original|cookie|te$|trailer$)[a-z0-9-]+$/i);
    for (const reading of readings(came))
      expect([reading, allows(verb, reading, told)]).toEqual([reading, true]);
  }
  return arrived.length === 1;
};

/** A gate that lets nothing through would keep both properties. */
const counted = () => {
  const counts = { runs: 0, arrivals: 0 };
  return {
    count: (arrived: boolean) => {
      counts.runs += 1;
      if (arrived) counts.arrivals += 1;
    },
    enough: () => expect(counts.arrivals).toBeGreaterThan(counts.runs / 10),
  };
};

describe('SECURITY 3, property 1 › same path', () => {
  it('whatever reaches the origin, policy allows its sender for exactly that path and method', async ({
    annotate,
  }) => {
    const { count, enough } = counted();
    const property = fc.asyncProperty(anyMethod, anyTarget, who, async (...given) =>
      count(await judged(given[0], given[1], [], given[2], 0)),
    );
    await holds('1', property, annotate);
    enough();
  });
});

describe('SECURITY 3, property 3 › no alias', () => {
  it("whatever reaches the origin, it says who sent it in our headers, each once, and nobody else's word is in it", async ({
    annotate,
  }) => {
    const { count, enough } = counted();
    const property = fc.asyncProperty(
      anyMethod,
      plainTarget,
      fc.array(anyHeader, { minLength: 1, maxLength: 12 }),
      who,
      fc.nat(12),
      async (...given) => count(await judged(...given)),
    );
    await holds('3', property, annotate);
    enough();
  });
});

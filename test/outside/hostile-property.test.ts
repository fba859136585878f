import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANONYMOUS, bearer, type Caller, type Edge, request, startEdge } from './edge.ts';
import { allows, anyHeader, anyMethod, anyTarget } from './hostile-requests.ts';
import type { Seen } from './recording-origin.ts';

const RUNS = Number(process.env.FC_RUNS ?? 300);
/** A caller's limit is 600 a minute: so many runs share one. */
const RUNS_PER_CALLER = 100;

let edge: Edge;
/** Of each scope set, many: keys that may read, write, both. */
let callers: readonly Caller[];
beforeAll(async () => {
  edge = await startEdge();
  const scopes = [['items:read', 'items:write'], ['items:read'], ['items:write']];
  callers = await Promise.all(
    Array.from({ length: 3 * Math.ceil(RUNS / RUNS_PER_CALLER / 3) }, (_, i) =>
      edge.newCaller({ scopes: scopes[i % 3] ?? [] }),
    ),
  );
});
afterAll(() => edge.stop());

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

describe('SECURITY 3, properties 1 and 3', () => {
  test(
    `whatever reaches the origin, policy allows its sender for exactly that path, and nobody else's word is in it`,
    async () => {
      let arrivals = 0;
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          anyMethod,
          anyTarget,
          fc.array(anyHeader, { maxLength: 12 }),
          fc.nat(),
          fc.nat(12),
          async (verb, path, lines, pick, at) => {
            const caller = pick % 3 === 0 ? null : (callers[run++ % callers.length] ?? null);
            const sent =
              caller === null ? lines : [...lines.slice(0, at), bearer(caller), ...lines.slice(at)];
            const bodiless = /^(?:get|head)$/i.test(verb) ? [] : ['Content-Length: 0'];
            const { arrived, wire, statuses } = await edge.send(request(verb, path, [...sent, ...bodiless]));
            expect(arrived.length).toBeLessThan(2);
            if (arrived.length === 0)
              expect([wire, statuses.filter((status) => status < 400)]).toEqual(['', []]);
            for (const seen of arrived) {
              arrivals += 1;
              const [came = ''] = seen.target.split('?');
              expect(seen.method).toBe(verb);
              const said = seen.headers.find(([name]) => name === 'X-Latchkey-User-Id')?.[1];
              const told = said === undefined ? null : caller;
              // Where credentials are not read, nobody is told; elsewhere, whoever presented one.
              expect(told).toBe(came.split('/')[1] === 'public' ? null : caller);
              await edge.inspect(seen, told?.identity ?? ANONYMOUS);
              for (const [name, value] of withoutOurs(seen))
                if (value.includes('evil-intruder'))
                  expect(name).toMatch(
                    /^(?!x-latchkey|x-forwarded|x-original|cookie|te$|trailer$)[a-z0-9-]+$/i,
                  );
              for (const reading of readings(came))
                expect([reading, allows(verb, reading, told)]).toEqual([reading, true]);
            }
          },
        ),
        { numRuns: RUNS },
      );
      // A gate that lets nothing through would keep all of this.
      expect(arrivals).toBeGreaterThan(RUNS / 10);
    },
    30_000 + RUNS * 100,
  );
});

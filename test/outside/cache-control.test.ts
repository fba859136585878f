import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bearer, type Caller, type Edge, get, startEdge } from './edge.ts';

let edge: Edge;
let me: Caller;

beforeAll(async () => {
  edge = await startEdge();
  me = await edge.newCaller();
});
afterAll(() => edge.stop());

describe('CACHE-01 › what a client says about caches', () => {
  test.each([
    'Cache-Control: max-age=3600',
    'Cache-Control: max-stale',
    'Cache-Control: only-if-cached',
    'Cache-Control:',
    'Pragma: x',
    'Pragma: cache',
  ])('%j does not weaken what we say to those before the origin', async (line) => {
    for (const target of ['/v1/any/a.csv', '/public/a.css']) {
      const { arrived } = await edge.send(get(target, line, bearer(me)));
      const said = arrived[0]?.lines.filter((each) => /^(?:cache-control|pragma):/i.test(each));
      expect(said?.map((each) => each.toLowerCase()).sort()).toEqual([
        'cache-control: no-cache',
        'pragma: no-cache',
      ]);
    }
  });
});

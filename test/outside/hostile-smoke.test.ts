import { afterAll, beforeAll, expect, test } from 'vitest';
import { ANONYMOUS, bearer, type Edge, get, refusal, startEdge } from './edge.ts';
let edge: Edge;
beforeAll(async () => { edge = await startEdge(); });
afterAll(() => edge.stop());
test('x', async () => {
  const me = await edge.newCaller();
  const o = await edge.send(get('/v1/any/a', bearer(me), 'X-Odd: 1'));
  expect(o.statuses).toEqual([200]);
  expect(await edge.inspect(o.arrived[0]!, me.identity)).toEqual(['X-Odd: 1']);
  const p = await edge.send(get('/public/a', bearer(me), 'X-Odd: 1'));
  expect(await edge.inspect(p.arrived[0]!, ANONYMOUS)).toEqual(['X-Odd: 1']);
  expect(await edge.send(get('/nowhere'))).toMatchObject(refusal(404, 'no_route'));
});

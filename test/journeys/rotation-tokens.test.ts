import { describe, expect, it } from 'vitest';
import { pairOf } from '../oauth.ts';
import { keyOfSomebody, work } from '../rotation.ts';
import { askToken, spent, tokenIn } from '../token-endpoint.ts';
import { beginAfresh, call, later } from '../world.ts';

beginAfresh();

/** So long after the end of a rotation, a token may still be one of the old secret. */
const SKEW_SECONDS = 5;

/** A key whose rotation is over at Stytch too, and which was used at once. */
const rotatedAndUsed = async (end: 'finish' | 'cancel') => {
  const { key, begin, [end]: over, ...rest } = await keyOfSomebody();
  const next = await begin();
  expect((await over()).status).toBe(200);
  const good = end === 'finish' ? next : key;
  expect((await call(good)).status).toBe(200);
  await tokenIn(await askToken(pairOf(good)));
  await tokenIn(await askToken(pairOf(good), { scope: 'items:read' }));
  return { key: good, ...rest };
};

describe.each(['finish', 'cancel'] as const)('after the end of a rotation (%s)', (end) => {
  it.each([{}, { scope: 'items:read' }])(
    'the token endpoint gives no token that was made too early to be taken, but one new one: %o',
    async (form) => {
      const { key, session } = await rotatedAndUsed(end);
      await work(session);
      await later(2 * SKEW_SECONDS);
      const given: string[] = [];
      const exchanges = await spent(async () => {
        for (let i = 0; i < 3; i++)
          given.push((await tokenIn(await askToken(pairOf(key), form))).access_token);
      });
      expect(new Set(given).size).toBe(1);
      expect(exchanges).toBe(1);
      expect((await call(given[0] ?? '', '/v1/strict/a')).status).toBe(200);
      expect((await call(key, '/v1/strict/a')).status).toBe(200);
    },
  );
});

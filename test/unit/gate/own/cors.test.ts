import { describe, expect, it } from 'vitest';
import { createCors } from '../../../../src/gate/own/cors.ts';
import { compile } from '../../../../src/model/policy.ts';

const policy = compile([{ path: '/a/**' }], { leaseSeconds: 5, timeoutSeconds: 30 });
const cors = createCors({ origins: new Set(['https://app.test']), policy, exposed: [] });

/** Headers that count how often they are asked. */
const counted = (init: Record<string, string>) => {
  const headers = new Headers(init);
  let calls = 0;
  const proxy = new Proxy(headers, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...parameters: unknown[]) => {
        calls++;
        return value.apply(target, parameters);
      };
    },
  });
  return { headers: proxy, calls: () => calls };
};

describe('expose', () => {
  it('costs a request without Origin one look-up, and its answer none', () => {
    const request = counted({ authorization: 'Bearer x' });
    const answer = counted({});
    cors.expose?.(request.headers, answer.headers);
    expect([request.calls(), answer.calls()]).toEqual([1, 0]);
  });

  it('is nothing where no origin is configured', () => {
    expect(createCors({ origins: new Set(), policy, exposed: [] }).expose).toBeNull();
  });

  it.each([
    [null, 'Origin'],
    ['Accept', 'Accept, Origin'],
    ['Accept, origin', 'Accept, origin'],
    ['*', '*'],
    ['X-Origin', 'X-Origin, Origin'],
  ])('an answer that varies by %s varies by %s', (before, after) => {
    const answer = new Headers(before === null ? {} : { vary: before });
    cors.expose?.(new Headers({ origin: 'https://app.test' }), answer);
    expect(answer.get('vary')).toBe(after);
  });
});

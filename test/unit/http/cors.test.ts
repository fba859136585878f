import { describe, expect, it } from 'vitest';
import { exposing, preflightAnswer, preflightOf } from '../../../src/http/cors.ts';

const APP = 'https://app.test';

describe('a preflight', () => {
  const asked = { origin: APP, 'access-control-request-method': 'PATCH' };

  it('is OPTIONS with an origin and the method that is to follow', () => {
    const headers = new Headers({ ...asked, 'access-control-request-headers': 'authorization,if-match' });
    expect(preflightOf('OPTIONS', headers)).toEqual({
      ...{ origin: APP, method: 'PATCH', headers: 'authorization,if-match' },
    });
    expect(preflightOf('OPTIONS', new Headers(asked))?.headers).toBeNull();
  });

  it.each([
    ['another method', 'GET', asked],
    ['a method in small letters', 'options', asked],
    ['no origin', 'OPTIONS', { 'access-control-request-method': 'GET' }],
    ['no method to follow', 'OPTIONS', { origin: APP }],
  ])('is nothing with %s', (_, method, headers) => {
    expect(preflightOf(method, new Headers(headers as Record<string, string>))).toBeNull();
  });

  it('of nobody who is let in is told nothing but on what that hangs', () => {
    const answer = preflightAnswer('id', { origin: null, methods: ['GET'], headers: ['authorization'] });
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(answer.headers.get('vary')).toBe(
      'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    );
  });

  it('is never allowed credentials', () => {
    for (const origin of [APP, '*', null]) {
      const answer = preflightAnswer('id', { origin, methods: ['GET'], headers: [] });
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });
});

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

describe('exposing', () => {
  const expose = exposing(new Set([APP]), ['ETag', 'Retry-After']);

  it('costs a request without Origin one look-up, and its answer none', () => {
    const request = counted({ authorization: 'Bearer x' });
    const answer = counted({});
    expose(request.headers, answer.headers);
    expect([request.calls(), answer.calls()]).toEqual([1, 0]);
  });

  it('says which headers scripts may read, to the origin that asked', () => {
    const answer = new Headers();
    expose(new Headers({ origin: APP }), answer);
    expect(Object.fromEntries(answer)).toEqual({
      'access-control-allow-origin': APP,
      'access-control-expose-headers': 'ETag, Retry-After',
      vary: 'Origin',
    });
  });

  it('leaves alone what everybody may read', () => {
    const answer = new Headers({ 'access-control-allow-origin': '*' });
    expose(new Headers({ origin: APP }), answer);
    expect(Object.fromEntries(answer)).toEqual({ 'access-control-allow-origin': '*' });
  });

  it.each([
    [null, 'Origin'],
    ['Accept', 'Accept, Origin'],
    ['Accept, origin', 'Accept, origin'],
    ['*', '*'],
    ['X-Origin', 'X-Origin, Origin'],
  ])('an answer that varies by %s varies by %s', (before, after) => {
    const answer = new Headers(before === null ? {} : { vary: before });
    expose(new Headers({ origin: APP }), answer);
    expect(answer.get('vary')).toBe(after);
  });
});

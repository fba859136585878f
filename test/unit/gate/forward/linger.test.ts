import { describe, expect, it } from 'vitest';
import { longBody, SHORT_BYTES } from '../../../../src/gate/forward/linger.ts';

const answer = (length: string | null, body: string | null = 'x', status = 200): Response =>
  new Response(body, { status, headers: length === null ? {} : { 'content-length': length } });

describe('what is looked after', () => {
  it.each([
    ['no length', null, null],
    ['a length that is none', 'x', null],
    ['more than is short', String(SHORT_BYTES + 1), SHORT_BYTES + 1],
  ])('is a body of %s', (_, length, expected) => {
    const given = answer(length);
    expect(longBody(given)).toEqual({ stream: given.body, length: expected });
  });

  it.each([
    ['a short body', answer('1')],
    ['an empty one', answer('0')],
    ['the longest that is short', answer(String(SHORT_BYTES))],
    ['no body', answer(null, null)],
    ['the answer to HEAD, whatever length it tells', answer('5000000000', null)],
    ['204', answer(null, null, 204)],
    ['304', answer(null, null, 304)],
  ])('is not %s, which costs nothing more than before', (_, given) => {
    expect(longBody(given)).toBeNull();
  });
});

import { describe, expect, it } from 'vitest';
import { dropCookie, readCookie, SESSION_COOKIE, setCookie } from '../../../src/portal/cookies.ts';

/** As an edge hands them on, whatever bytes came. */
const read = (cookie: string): string | null =>
  readCookie({ get: () => cookie } as unknown as Headers, SESSION_COOKIE);

describe('readCookie', () => {
  it.each([
    [`${SESSION_COOKIE}=abc`, 'abc'],
    [`a=b; ${SESSION_COOKIE}=abc; c=d`, 'abc'],
    [`a=b;${SESSION_COOKIE}=abc`, 'abc'],
    [`a=b;\t ${SESSION_COOKIE} = abc \t`, 'abc'],
    [`${SESSION_COOKIE}=a=b=`, 'a=b='],
    ['', null],
    [SESSION_COOKIE, null],
    [`${SESSION_COOKIE}=`, null],
    [`x${SESSION_COOKIE}=abc`, null],
    [`${SESSION_COOKIE}x=abc`, null],
    [`${SESSION_COOKIE.toLowerCase()}=abc`, null],
    [`\u00a0${SESSION_COOKIE}=abc`, null],
    [`\u2003${SESSION_COOKIE}=abc`, null],
    [`\n${SESSION_COOKIE}=abc`, null],
    [`${SESSION_COOKIE}=abc\u00a0`, null],
    [`${SESSION_COOKIE}="abc"`, null],
    [`${SESSION_COOKIE}=a,b`, null],
    [`${SESSION_COOKIE}=a b`, null],
    [`${SESSION_COOKIE}=a\\b`, null],
    [`${SESSION_COOKIE}=é`, null],
    [`${SESSION_COOKIE}=a; ${SESSION_COOKIE}=b`, null],
    [`${SESSION_COOKIE}=a; ${SESSION_COOKIE}=a`, null],
    [`${SESSION_COOKIE}=a; ${SESSION_COOKIE}=`, null],
  ])('%j is %j', (cookie, expected) => {
    expect(read(cookie)).toBe(expected);
  });

  it.each([
    [' '.repeat(60_000), null],
    [`a=${' '.repeat(60_000)}b${' '.repeat(60_000)}\u2028`, null],
    [`${SESSION_COOKIE}=abc;${'\t'.repeat(60_000)}; =`, 'abc'],
  ])('blanks without end cost no more than to read them', (cookie, expected) => {
    // An expression that goes back and forth over them would not come to its end.
    expect(read(cookie)).toBe(expected);
  });

  it('where there is no header there is no cookie', () => {
    expect(readCookie(new Headers(), SESSION_COOKIE)).toBe(null);
  });
});

describe('setCookie', () => {
  it('is for this host alone, and for so many whole seconds', () => {
    expect(setCookie(SESSION_COOKIE, 'abc', 60.9)).toBe(
      '__Host-latchkey=abc; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax',
    );
    expect(setCookie(SESSION_COOKIE, 'abc', -1)).toContain('Max-Age=0;');
    expect(dropCookie(SESSION_COOKIE)).toBe(
      '__Host-latchkey=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax',
    );
  });

  it('is never one that a browser would drop without a word', () => {
    expect(() => setCookie(SESSION_COOKIE, 'x'.repeat(4096), 60)).toThrow(RangeError);
  });
});

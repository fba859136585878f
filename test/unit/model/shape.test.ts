import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isShortText, isTexts, isTime } from '../../../src/model/shape.ts';
import * as z from '../../../src/model/zod.ts';

const zod = z.iso.datetime({ offset: true });

/** Numbers of two digits, the right ones and some beside. */
const digits = (least: number, most: number) =>
  fc.integer({ min: least, max: most }).map((value) => String(value).padStart(2, '0'));

const nearly = fc
  .tuple(
    fc.integer({ min: 1, max: 9999 }).map((year) => String(year).padStart(4, '0')),
    digits(0, 13),
    digits(0, 32),
    fc.constantFrom('T', 't', ' '),
    digits(0, 24),
    digits(0, 60),
    fc.oneof(
      fc.constant(''),
      digits(0, 60).map((seconds) => `:${seconds}`),
    ),
    fc.constantFrom('', '.', '.5', '.123456789'),
    fc.constantFrom('Z', 'z', '', '+00:00', '-05:30', '+24:00', '+0100', '+01', '-12:60'),
  )
  .map(([year, month, day, t, hour, minute, second, part, zone]) =>
    [`${year}-${month}-${day}`, t, `${hour}:${minute}${second}${part}`, zone].join(''),
  );

describe('a time', () => {
  it.each([
    ['2026-11-26T19:33:25Z', true],
    ['2026-11-26T19:33Z', false],
    ['2026-11-26T19:33:25.123456+01:00', true],
    ['2024-02-29T00:00:00Z', true],
    ['2026-02-29T00:00:00Z', false],
    ['2026-02-30T00:00:00Z', false],
    ['2026-04-31T00:00:00Z', false],
    ['2026-00-01T00:00:00Z', false],
    ['2026-01-00T00:00:00Z', false],
    ['2026-13-01T00:00:00Z', false],
    ['2026-11-26T24:00:00Z', false],
    ['2026-11-26 19:33:25Z', false],
    ['2026-11-26T19:33:25', false],
    ['2026-11-26T19:33:25Z\n', false],
    ['', false],
    [null, false],
    [1_764_185_605, false],
  ])('%j is one: %s', (value, expected) => {
    expect([isTime(value), zod.safeParse(value).success]).toEqual([expected, expected]);
  });

  it('is what zod takes for one', () => {
    fc.assert(
      fc.property(fc.oneof(nearly, fc.string()), (text) => {
        expect([text, isTime(text)]).toEqual([text, zod.safeParse(text).success]);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a short text', () => {
  it.each([
    ['a', true],
    ['abc', true],
    ['abcd', false],
    ['', false],
    [7, false],
    [null, false],
  ])('%j, of one to three characters: %s', (value, expected) => {
    expect(isShortText(value, 3)).toBe(expected);
  });
});

describe('texts', () => {
  it.each([
    [[], true],
    [['a', ''], true],
    [['a', 1], false],
    ['a', false],
    [{ 0: 'a', length: 1 }, false],
  ])('%j are: %s', (value, expected) => {
    expect(isTexts(value)).toBe(expected);
  });
});

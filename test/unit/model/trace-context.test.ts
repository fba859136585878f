import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTraceparent, readTracestate, traceparentOf } from '../../../src/model/trace-context.ts';
import { runs } from '../../property.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''));
const id = (length: number) => hex(length).filter((text) => /[^0]/.test(text));

describe('a traceparent', () => {
  it.each([
    ['§3.2.2 sampled', `00-${TRACE}-${PARENT}-01`, 1],
    ['§3.2.2 not sampled', `00-${TRACE}-${PARENT}-00`, 0],
    ['Level 2: random', `00-${TRACE}-${PARENT}-02`, 2],
    ['Level 2: random and sampled', `00-${TRACE}-${PARENT}-03`, 3],
    ['flags that are reserved are not passed on', `00-${TRACE}-${PARENT}-ff`, 3],
    ['a later version', `01-${TRACE}-${PARENT}-01`, 1],
    ['a later version that says more', `cc-${TRACE}-${PARENT}-01-what-the-future-will-be`, 1],
  ])('is read: %s', (_, text, flags) => {
    expect(readTraceparent(text)).toEqual({ traceId: TRACE, flags });
  });

  it.each([
    ['empty', ''],
    ['a version that is forbidden', `ff-${TRACE}-${PARENT}-01`],
    ['a version that is none', `0-${TRACE}-${PARENT}-01`],
    ['this version, saying more', `00-${TRACE}-${PARENT}-01-more`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${PARENT}-01`],
    ['a parent of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-${PARENT}-01`],
    ['a short trace', `00-${TRACE.slice(1)}-${PARENT}-01`],
    ['a long parent', `00-${TRACE}-${PARENT}0-01`],
    ['flags of one digit', `00-${TRACE}-${PARENT}-1`],
    ['flags with more at their end', `cc-${TRACE}-${PARENT}-01.`],
    ['two of them', `00-${TRACE}-${PARENT}-01, 00-${TRACE}-${PARENT}-01`],
    ['two of a later version', `01-${TRACE}-${PARENT}-01, 01-${TRACE}-${PARENT}-01`],
    ['spaces', ` 00-${TRACE}-${PARENT}-01`],
    ['no dashes', `00${TRACE}${PARENT}01`],
  ])('is none: %s', (_, text) => {
    expect(readTraceparent(text)).toBeNull();
  });

  it('is read as it is written', () => {
    fc.assert(
      fc.property(id(32), id(16), fc.integer({ min: 0, max: 3 }), (traceId, spanId, flags) => {
        expect(readTraceparent(traceparentOf({ traceId, spanId, flags }))).toEqual({ traceId, flags });
      }),
      { numRuns: runs(500) },
    );
  });

  it('is none, or what we write of it is one, whatever somebody sends', () => {
    const almost = fc
      .tuple(
        fc.constantFrom('00', '01', 'ff', 'fe', '0', ''),
        fc.oneof(hex(32), fc.string()),
        hex(16),
        fc.oneof(hex(2), fc.string()),
      )
      .map((parts) => parts.join('-'));
    fc.assert(
      fc.property(fc.oneof(almost, fc.string()), (text) => {
        const parent = readTraceparent(text);
        if (parent === null) return;
        const written = traceparentOf({ ...parent, spanId: PARENT });
        expect(written).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
      }),
      { numRuns: runs(2_000) },
    );
  });
});

describe('a tracestate', () => {
  const members = (count: number, value = 'v') => Array.from({ length: count }, (_, i) => `k${i}=${value}`);

  it.each([
    ['one member', 'congo=t61rcWkgMzE', 'congo=t61rcWkgMzE'],
    ['its order', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
    ['white space around members goes', 'a=1 ,\tb=2', 'a=1,b=2'],
    ['empty members go', ',a=1,,b=2,', 'a=1,b=2'],
    ['a tenant', 'fw529a3039@dt=FfffffeFf', 'fw529a3039@dt=FfffffeFf'],
    ['a key that begins with a digit', '0a-z_*/@=1', '0a-z_*/@=1'],
    ['32 members', members(32).join(','), members(32).join(',')],
  ])('is passed on: %s', (_, text, passed) => {
    expect(readTracestate(text)).toBe(passed);
  });

  it.each([
    ['empty', ''],
    ['nothing but commas', ' , ,'],
    ['a member without a value', 'a'],
    ['a value that is empty', 'a='],
    ['a value with an equals sign', 'a=b=c'],
    ['a key in upper case', 'A=1'],
    ['a key of 257 characters', `${'a'.repeat(257)}=1`],
    ['a value of 257 characters', `a=${'v'.repeat(257)}`],
    ['what is no ASCII', 'a=ü'],
    ['a key twice', 'a=1,b=2,a=3'],
    ['33 members', members(33).join(',')],
    ['one member that is none among others', 'a=1,b'],
  ])('is not passed on: %s', (_, text) => {
    expect(readTracestate(text)).toBeNull();
  });

  it('blanks without end cost no more than to read them', () => {
    // An expression that begins anew at each of them would not come to its end.
    const blanks = ' \t'.repeat(200_000);
    expect(readTracestate(`a=1${blanks}b`)).toBeNull();
    expect(readTracestate(`${blanks}a=1${blanks},b=2`)).toBe('a=1,b=2');
  });

  it('over 512 characters loses its long members first, then its last', () => {
    const long = `long=${'v'.repeat(200)}`;
    const short = members(20, 'v'.repeat(20));
    expect(readTracestate([short[0], long, ...short.slice(1)].join(','))).toBe(short.join(','));
    const kept = readTracestate(members(30, 'v'.repeat(20)).join(',')) ?? '';
    expect(members(30, 'v'.repeat(20)).join(',').startsWith(`${kept},`)).toBe(true);
    expect(kept.length).toBeGreaterThan(512 - 26);
  });

  it('is at most 512 characters, in the order it came in, and read again the same', () => {
    const value = fc
      .array(fc.constantFrom(...'abcXYZ019 !~:;'), { minLength: 1, maxLength: 200 })
      .map((signs) => signs.join(''));
    const member = fc
      .tuple(fc.stringMatching(/^[a-z][a-z0-9@_/*-]{0,12}$/), value)
      .map((pair) => pair.join('='));
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ arbitrary: member, weight: 9 }, fc.constant(' ')), { maxLength: 34 }),
        (list) => {
          const passed = readTracestate(list.join(','));
          if (passed === null) return;
          expect(passed.length).toBeLessThanOrEqual(512);
          const came = list.map((each) => each.replace(/^[ \t]+|[ \t]+$/g, ''));
          let at = -1;
          for (const each of passed.split(',')) {
            const next = came.indexOf(each, at + 1);
            expect(next).toBeGreaterThan(at);
            at = next;
          }
          expect(readTracestate(passed)).toBe(passed);
        },
      ),
      { numRuns: runs(1_000) },
    );
  });
});

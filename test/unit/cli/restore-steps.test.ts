import { describe, expect, test } from 'vitest';
import { readSteps } from '../../../cli/restore/steps.ts';

const OWNER = { type: 'owner', owner: { id: 'user-test-1' } };
const key = (status: string, more: object = {}) => ({ type: 'key', status, ...more });
const audit = (seq: number, more: object = {}) => ({ type: 'audit', seq, ...more });

const exportOf = (...lines: readonly object[]): string =>
  [OWNER, ...lines, { type: 'end', lines: lines.length + 2 }].map((line) => JSON.stringify(line)).join('\n');

const stepsOf = (text: string) => {
  const read = readSteps(text);
  if (!read.ok) throw new Error(read.refusal);
  return read.value.steps.map(({ step, lines }) => [
    step,
    lines.map(({ type, status, seq }) => status ?? seq ?? type),
  ]);
};

describe('the steps of a restore', () => {
  test('are the owner, his trail, what has ended, what lives, and the end; use is left out', () => {
    const text = exportOf(
      ...[key('active'), key('revoked'), key('rotating'), key('expired'), { type: 'usage' }],
      ...[{ type: 'audit_anchor', seq: 7 }, audit(8), audit(9)],
    );
    expect(stepsOf(text)).toEqual([
      ['begin', ['owner']],
      ['lines', [7, 8, 9]],
      ['lines', ['revoked', 'expired']],
      ['lines', ['active', 'rotating']],
      ['end', ['owner', 'end']],
    ]);
  });

  test('hold what a request holds: 200 lines, 50,000 bytes, five living keys', () => {
    const rows = Array.from({ length: 401 }, (_, i) => audit(i + 1));
    const living = Array.from({ length: 11 }, () => key('active'));
    const sizes = stepsOf(exportOf(...rows, ...living)).map(([, lines]) => lines?.length);
    expect(sizes).toEqual([1, 200, 200, 1, 5, 5, 1, 2]);
    const long = Array.from({ length: 3 }, (_, i) => audit(i + 1, { details: { text: 'ä'.repeat(12_000) } }));
    expect(stepsOf(exportOf(...long)).map(([, lines]) => lines?.length)).toEqual([1, 2, 1, 2]);
  });

  test.each([
    ['no owner', JSON.stringify(audit(1))],
    ['an end that counts otherwise', `${JSON.stringify(OWNER)}\n{"type":"end","lines":3}`],
    ['no end', JSON.stringify(OWNER)],
    ['what is no JSON', 'hello'],
    ['nothing', ''],
  ])('are not made of a text with %s', (_, text) => {
    expect(readSteps(text).ok).toBe(false);
  });
});

import { describe, expect, test } from 'vitest';
import { claimsOf, strays, unanswered } from '../../../tools/check/named-tests.ts';

const LIST = 'docs/threat-model.md';
const FILES: Readonly<Record<string, string>> = {
  'test/unit/a.test.ts': "it('CRED-01 › the user\\'s key is refused')",
  'test/conformance/rfc1.test.ts': "it('is there') it('is 200')",
  'src/a.ts': 'x',
  'src/a.tsx': 'x',
};

const found = (text: string, list = LIST): readonly string[] =>
  strays(claimsOf(list, text), Object.keys(FILES), (path) => FILES[path] ?? '');

describe('what a list of tests names', () => {
  test.each([
    'a test: `unit/a`',
    'a test with its row: `unit/a` CRED-01',
    'by name: `unit/a`, "the user\'s key is refused"; "of nothing"',
    'a file: `src/a.ts`',
    'a page: `src/a.tsx`, "x"',
    'a media type: `application/json`, "no name of a test"',
    'no path at all: `aud`',
  ])('is there: %s', (line) => {
    expect(found(line)).toEqual([]);
  });

  test.each([
    ['`unit/b`', `${LIST}:2 names test/unit/b.test.ts, which does not exist`],
    ['`unit/a` CRED-02', `${LIST}:2 names "CRED-02", which is not in test/unit/a.test.ts`],
    ['`unit/a`, "not so"', `${LIST}:2 names "not so", which is not in test/unit/a.test.ts`],
    ['`src/b.ts`', `${LIST}:2 names src/b.ts, which does not exist`],
  ])('is not there: %s', (line, problem) => {
    expect(found(`first\n${line}`)).toEqual([problem]);
  });

  test('stands in the last column where the heading names the file beside it', () => {
    const list = 'test/conformance/README.md';
    const table = (cell: string) =>
      `## RFC 1, X: \`rfc1.test.ts\`\n| Says | Shown by |\n|---|---|\n| a | ${cell} |`;
    expect(found(table('is there · is 200'), list)).toEqual([]);
    expect(found(table('not offered'), list)).toEqual([]);
    expect(found(table('`unit/a`'), list)).toEqual([]);
    expect(found(table('is there · is 404'), list)).toEqual([
      `${list}:4 names "is 404", which is not in test/conformance/rfc1.test.ts`,
    ]);
    expect(found('## RFC 2, X: `rfc2.test.ts`', list)).toEqual([
      `${list}:1 names test/conformance/rfc2.test.ts, which does not exist`,
    ]);
  });
});

describe('a row of the threat model', () => {
  const ROWS = { CRED: 2 };
  const table = (...rows: readonly string[]): string =>
    ['| Row | Threat | Answered by | Shown by |', ...rows].join('\n');
  const [first, second] = [
    '| CRED-01 | two | `a.ts` | `unit/a` |',
    '| CRED-02 | twice | refused | `unit/a` |',
  ];

  test('is told whole, once', () => {
    expect(unanswered(table(first, second), ROWS)).toEqual([]);
  });

  test.each([
    ['that is missing', [first], 'CRED-02 is there 0 times'],
    ['that is there twice', [first, second, second], 'CRED-02 is there 2 times'],
    ['that nobody knows of', [first, second, '| JWT-01 | a | b | c |'], 'nobody knows of JWT-01'],
    [
      'without an answer',
      [first, '| CRED-02 | twice |  | `unit/a` |'],
      'CRED-02 is not told whole: what it is, what answers it, what shows it',
    ],
    [
      'without a test',
      [first, '| CRED-02 | twice | `a.ts` |  |'],
      'CRED-02 is not told whole: what it is, what answers it, what shows it',
    ],
    [
      'with a cell too few',
      [first, '| CRED-02 | twice | `a.ts` |'],
      'CRED-02 is not told whole: what it is, what answers it, what shows it',
    ],
  ])('%s is found', (_, rows, problem) => {
    expect(unanswered(table(...rows), ROWS)).toEqual([problem]);
  });
});

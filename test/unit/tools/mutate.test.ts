import { describe, expect, test } from 'vitest';
import { read } from '../../../tools/check/project.ts';
import { compare, type Explanation, readExplanations } from '../../../tools/mutate/explained.ts';
import { GROUPS, NAMES } from '../../../tools/mutate/groups.ts';
import { type Fate, type Mutant, mutantsOf } from '../../../tools/mutate/mutants.ts';
import { readOptions } from '../../../tools/mutate/options.ts';
import { scoreOf, tableOf, told, toldStale } from '../../../tools/mutate/report.ts';

const FILE = 'src/model/path.ts';

const mutant = (fate: Fate, before = 'a > b', after = 'a >= b', file = FILE): Mutant => ({
  ...{ file, line: 7, before, after, fate },
});

const page = (...lines: readonly string[]): string =>
  ['# Mutants', '', `### \`${FILE}\``, '', ...lines].join('\n');

const explained = (before = 'a > b', after = 'a >= b'): readonly string[] => [
  '```diff',
  `- ${before}`,
  `+ ${after}`,
  '```',
  '',
  'They are never equal.',
  '',
];

describe('mutantsOf', () => {
  const source = 'const a = 1;\n  return a > 1 ? one : other;\nconst f = () => {\n  one();\n  two();\n};\n';
  const reported = (
    status: string,
    [startLine, startColumn, endLine, endColumn]: readonly [number, number, number, number],
    replacement: string,
  ) => ({
    ...{ status, replacement },
    location: { start: { line: startLine, column: startColumn }, end: { line: endLine, column: endColumn } },
  });

  test('a mutant is told by its whole line, before and after, without indentation', () => {
    const report = { files: { [FILE]: { source, mutants: [reported('Survived', [2, 10, 2, 15], 'true')] } } };
    expect(mutantsOf(report)).toEqual([
      {
        ...{ file: FILE, line: 2, fate: 'survived' },
        before: 'return a > 1 ? one : other;',
        after: 'return true ? one : other;',
      },
    ]);
  });

  test('of many lines, the first and the last stand for all', () => {
    const report = { files: { [FILE]: { source, mutants: [reported('Killed', [3, 17, 6, 2], '{}')] } } };
    expect(mutantsOf(report)).toMatchObject([
      { line: 3, before: 'const f = () => { … };', after: 'const f = () => {};' },
    ]);
  });

  test('two lines become one', () => {
    const report = { files: { [FILE]: { source, mutants: [reported('Killed', [4, 3, 5, 8], 'two()')] } } };
    expect(mutantsOf(report)).toMatchObject([{ before: 'one(); two();', after: 'two();' }]);
  });

  test('they come by place, and what never ran as a program is invalid', () => {
    const mutants = [
      reported('RuntimeError', [2, 10, 2, 15], 'true'),
      reported('NoCoverage', [1, 11, 1, 12], '2'),
      reported('Timeout', [2, 3, 2, 9], ''),
      reported('Ignored', [2, 14, 2, 15], '0'),
    ];
    expect(mutantsOf({ files: { [FILE]: { source, mutants } } }).map(({ fate }) => fate)).toEqual([
      'no coverage',
      'timeout',
      'invalid',
      'invalid',
    ]);
  });
});

describe('readExplanations', () => {
  test('blocks belong to the heading above, with the line that each stands in', () => {
    const text = page(...explained(), '### `src/model/key.ts`', '', ...explained('`x`', '``'));
    expect(readExplanations(text)).toEqual({
      problems: [],
      all: [
        { file: FILE, before: 'a > b', after: 'a >= b', line: 6 },
        { file: 'src/model/key.ts', before: '`x`', after: '``', line: 15 },
      ],
    });
  });

  test('one reason may stand for several mutants, and begin with code', () => {
    const text = page('```diff', '- a', '+ b', '- a', '+ c', '```', '', '`a` is both.');
    expect(readExplanations(text).all.map(({ after }) => after)).toEqual(['b', 'c']);
    expect(readExplanations(text).problems).toEqual([]);
  });

  test.each([
    ['no reason at all', page('```diff', '- a', '+ b', '```'), 'line 5: nothing says why'],
    [
      'another block for a reason',
      page('```diff', '- a', '+ b', '```', '', ...explained()),
      'line 5: nothing says why',
    ],
    [
      'a heading for a reason',
      page('```diff', '- a', '+ b', '```', '', '## Next', '', 'Text.'),
      'line 5: nothing says why',
    ],
    [
      'half a pair',
      page('```diff', '- a', '```', '', 'Why.'),
      'line 6: not a line with "- " and one with "+ "',
    ],
    [
      'a pair the wrong way round',
      page('```diff', '+ b', '- a', '```', '', 'Why.'),
      'line 6: not a line with "- " and one with "+ "',
    ],
    ['no file', explained().join('\n'), "line 1: no file's heading is above it"],
    ['a chapter after the file', page('## Other', ...explained()), "line 6: no file's heading is above it"],
  ])('%s is told', (_, text, problem) => {
    expect(readExplanations(text).problems).toEqual([problem]);
  });
});

describe('docs/mutants.md', () => {
  const { all, problems } = readExplanations(read('docs/mutants.md'));
  const squeezed = (text: string): string => text.replaceAll(/\s+/g, ' ');

  test('can be read', () => {
    expect(problems).toEqual([]);
  });

  test('explains mutants of files that are mutated', () => {
    const mutated: readonly string[] = Object.values(GROUPS).flat();
    expect(all.filter(({ file }) => !mutated.includes(file))).toEqual([]);
  });

  test('explains mutants of lines that are there', () => {
    const isThere = ({ file, before }: Explanation): boolean => {
      const source = squeezed(read(file));
      return before.split(' … ').every((part) => source.includes(squeezed(part)));
    };
    expect(all.filter((each) => !isThere(each))).toEqual([]);
  });
});

describe('compare', () => {
  const { all } = readExplanations(page(...explained()));
  const ran = new Set([FILE]);

  test.each(['survived', 'no coverage'] as const)('%s and explained is explained', (fate) => {
    const alive = mutant(fate);
    expect(compare([alive], all, ran)).toEqual({ explained: [alive], unexplained: [], stale: [] });
  });

  test.each([
    ['another text', mutant('survived', 'a > c')],
    ['another replacement', mutant('survived', 'a > b', 'a < b')],
    ['another file', mutant('survived', 'a > b', 'a >= b', 'src/model/key.ts')],
  ])('%s is not explained, and the explanation explains nothing', (_, alive) => {
    expect(compare([alive], all, ran)).toEqual({ explained: [], unexplained: [alive], stale: all });
  });

  test('an explanation stands for one mutant: the same text a second time wants its own', () => {
    const twice = [mutant('survived'), mutant('survived')];
    expect(compare(twice, all, ran).unexplained).toHaveLength(1);
    expect(compare(twice, [...all, ...readExplanations(page(...explained())).all], ran).unexplained).toEqual(
      [],
    );
  });

  test('an explanation whose mutant is killed or gone is stale', () => {
    expect(compare([mutant('killed')], all, ran).stale).toEqual(all);
    expect(compare([], all, ran).stale).toEqual(all);
  });

  test('one whose mutant timed out is not: a busy machine shows a survivor so', () => {
    expect(compare([mutant('timeout')], all, ran).stale).toEqual([]);
  });

  test('of files that did not run, nothing is known', () => {
    expect(compare([], all, new Set()).stale).toEqual([]);
  });
});

describe('the report', () => {
  const mutants = [
    mutant('killed'),
    mutant('timeout'),
    mutant('survived'),
    mutant('no coverage'),
    mutant('invalid'),
  ];

  test('the score is of valid mutants, and a timeout is noticed', () => {
    expect(scoreOf(mutants)).toBe('50.0');
    expect(scoreOf([mutant('killed'), mutant('killed'), mutant('survived')])).toBe('66.7');
    expect(scoreOf([])).toBe('100.0');
  });

  test('the table has a line for each group and one for all', () => {
    const explainedOnes = mutants.filter(({ fate }) => fate === 'survived');
    const table = tableOf(
      [
        { name: 'path', mutants },
        { name: 'key', mutants: [mutant('killed')] },
      ],
      { explained: explainedOnes },
    );
    expect(table.split('\n')).toEqual([
      'group  mutants  killed  timeout  survived  no coverage  explained  score',
      'path         4       1        1         1            1          1   50.0',
      'key          1       1        0         0            0          0  100.0',
      'all          5       2        1         1            1          1   60.0',
    ]);
  });

  test('a survivor is told so that the page can take it up', () => {
    expect(told(mutant('survived'))).toBe('src/model/path.ts:7 survived\n- a > b\n+ a >= b');
    const [entry] = readExplanations(page(...explained())).all;
    expect(entry && toldStale(entry)).toBe(
      'docs/mutants.md:6 of src/model/path.ts: no such mutant survives\n- a > b\n+ a >= b',
    );
  });
});

describe('readOptions', () => {
  test('without a name, all groups; with names, these, in the order of the list', () => {
    expect(readOptions([])).toEqual({ ok: true, value: { groups: NAMES, concurrency: 2, last: false } });
    expect(readOptions(['headers', 'path', '--concurrency', '1', '--last'])).toEqual({
      ok: true,
      value: { groups: ['path', 'headers'], concurrency: 1, last: true },
    });
    expect(readOptions(['--help'])).toEqual({ ok: true, value: null });
  });

  test.each([
    [['paths', 'toString'], 'No such group: paths, toString'],
    [['--concurrency', '0'], '--concurrency must be from 1 to 32.'],
    [['--concurrency', '33'], '--concurrency must be from 1 to 32.'],
  ])('%j is refused', (args, refusal) => {
    expect(readOptions(args)).toEqual({ ok: false, refusal });
  });

  test('an option that is not there is refused', () => {
    expect(readOptions(['--fast'])).toMatchObject({ ok: false, refusal: expect.stringContaining('--fast') });
  });
});

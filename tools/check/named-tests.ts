import { committedFiles, read } from './project.ts';
import { type Outcome, outcomeOf } from './step.ts';

/** The lists of what is promised, and of the tests that show it. */
const THREAT_MODEL = 'docs/threat-model.md';
const LISTS = [THREAT_MODEL, 'docs/cold-path.md', 'test/hostile/README.md', 'test/conformance/README.md'];

/** How many rows each part of the threat model has: none is left out. */
const ROWS: Readonly<Record<string, number>> = {
  ...{
    CRED: 17,
    JWT: 20,
    HDR: 15,
    PATH: 14,
    CACHE: 12,
    OA: 18,
    MG: 19,
    WEB: 12,
    RL: 10,
    DOS: 14,
    ORG: 12,
    DEC: 12,
  },
};

/** Whether every test that a list names exists, and the threat model has an answer and a test for each of its rows. */
export const checkNamedTests = (): Outcome => {
  const files = committedFiles();
  const claims = LISTS.flatMap((list) => claimsOf(list, read(list)));
  const model = read(THREAT_MODEL);
  return outcomeOf(
    [
      ...strays(claims, files, read),
      ...unanswered(model, ROWS).map((problem) => `${THREAT_MODEL}: ${problem}`),
    ],
    `${claims.length} references`,
  );
};

/** What is wrong with the rows of a threat model: one that is missing or there twice, and cells with nothing in them. */
export const unanswered = (text: string, rows: Readonly<Record<string, number>>): readonly string[] => {
  const found = text.split('\n').flatMap((line) => {
    const [, id, rest] = /^\| ([A-Z]+-\d\d) \|(.*)\|$/.exec(line) ?? [];
    return id === undefined ? [] : [{ id, cells: (rest ?? '').split('|').map((cell) => cell.trim()) }];
  });
  const wanted = Object.entries(rows).flatMap(([part, last]) =>
    Array.from({ length: last }, (_, i) => `${part}-${String(i + 1).padStart(2, '0')}`),
  );
  return [
    ...wanted.flatMap((id) => {
      const times = found.filter((row) => row.id === id).length;
      return times === 1 ? [] : [`${id} is there ${times} times`];
    }),
    ...found.filter(({ id }) => !wanted.includes(id)).map(({ id }) => `nobody knows of ${id}`),
    ...found
      .filter(({ cells }) => cells.length !== 3 || cells.includes(''))
      .map(({ id }) => `${id} is not told whole: what it is, what answers it, what shows it`),
  ];
};

/** That a file exists, and that it has these names in it. */
export interface Claim {
  /** Where it is said: `docs/threat-model.md:17`. */
  readonly at: string;
  readonly path: string;
  readonly names: readonly string[];
}

/** What is claimed and is not so, one line each. */
export const strays = (
  claims: readonly Claim[],
  files: readonly string[],
  source: (path: string) => string,
): readonly string[] => {
  const known = new Set(files);
  return claims.flatMap(({ at, path, names }) => {
    if (!known.has(path)) return [`${at} names ${path}, which does not exist`];
    const code = plain(source(path));
    return names
      .filter((name) => !code.includes(plain(name)))
      .map((name) => `${at} names "${name}", which is not in ${path}`);
  });
};

/**
 * All that a list claims. `` `room/file` `` is `test/room/file.test.ts`, or a path from the root; the rows (`CRED-01`) and the quoted
 * names behind it, up to the next semicolon, stand in that file. Under a heading that names a file beside the list, the
 * names in the last column do, apart by middle dots, unless it says otherwise with a reference or "not offered".
 */
export const claimsOf = (list: string, text: string): readonly Claim[] => {
  let beside: string | null = null;
  return text.split('\n').flatMap((line, index) => {
    const at = `${list}:${index + 1}`;
    const file = /^## .*: `([a-z0-9-]+\.test\.ts)`$/.exec(line)?.[1];
    if (line.startsWith('## ')) beside = file === undefined ? null : list.replace(/[^/]+$/, file);
    const heading = file === undefined || beside === null ? [] : [{ at, path: beside, names: [] }];
    const column = beside === null ? [] : namesInColumn(line);
    const besides = beside === null || column.length === 0 ? [] : [{ at, path: beside, names: column }];
    return [...heading, ...besides, ...references(line).map((each) => ({ at, ...each }))];
  });
};

const REFERENCE = /`((?:[a-z0-9.-]+\/)+[a-z0-9.-]+)`([^`;]*)/gi;
const MEDIA_TYPE = /^(?:application|text)\//;

const references = (line: string): readonly Omit<Claim, 'at'>[] =>
  [...line.matchAll(REFERENCE)]
    .filter(([, reference = '']) => !MEDIA_TYPE.test(reference))
    .map(([, reference = '', behind = '']) => ({
      path: /\.(?:tsx?|md|toml)$/.test(reference) ? reference : `test/${reference}.test.ts`,
      names: [...(behind.match(/\b[A-Z]{2,5}-\d{2}\b/g) ?? []), ...quoted(behind)],
    }));

const quoted = (text: string): readonly string[] =>
  [...text.matchAll(/"([^"]+)"/g)].flatMap(([, name]) => (name === undefined ? [] : [name]));

const namesInColumn = (line: string): readonly string[] => {
  const cell = /\| ([^|]+) \|$/.exec(line)?.[1] ?? '';
  const isHead = cell === 'Shown by' || cell === '';
  return isHead || /^(?:not offered|above)|`/.test(cell) ? [] : cell.split(' · ');
};

/** As a reader spells a name: without the marks that it needs as a string. */
const plain = (text: string): string => text.replaceAll("\\'", "'").replaceAll('’', "'");

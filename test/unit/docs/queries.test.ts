import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ANSWERS } from '../../../src/http/answers.ts';
import { COLUMNS, EVENTS, FIELDS } from '../../../tools/docs/fields.ts';

/** The queries that operators are told to ask: nothing here runs them, so that what can be told without is. */
const DOCUMENTS = ['docs/seeing.md', 'docs/alerts.md'].map((path) => ({
  path,
  text: readFileSync(path, 'utf8'),
}));

const QUERIES = DOCUMENTS.flatMap(({ path, text }) =>
  [...text.matchAll(/```sql\n(.*?)```/gs)].map(([, query = ''], i) => ({ name: `${path}, ${i + 1}`, query })),
);

/** developers.cloudflare.com/analytics/analytics-engine/sql-reference: of its functions, those that are used. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  ...['sum', 'sumIf', 'count', 'min', 'max', 'argMax', 'quantileExactWeighted'],
  ...['now', 'toStartOfHour', 'toStartOfDay'],
]);

const COLUMN = /\b(?:blob|double|index)\d+\b/g;

describe('a query', () => {
  it('is there, for each thing that is asked', () => {
    expect(QUERIES.length).toBeGreaterThanOrEqual(19);
  });

  it.each(QUERIES)('names columns for what they hold: $name', ({ query }) => {
    const [comment = '', ...rest] = query.split('\n');
    const declared = new Map(
      comment
        .replace(/^-- /, '')
        .split(', ')
        .map((pair) => pair.split(' ') as [string, string]),
    );
    expect(declared.size).toBeGreaterThan(0);
    for (const [column, field] of declared) expect([column, COLUMNS.get(column)]).toEqual([column, field]);
    const used = new Set(rest.join('\n').match(COLUMN));
    expect([...used].sort()).toEqual([...declared.keys()].sort());
  });

  it.each(QUERIES)('is of our dataset, and of functions that there are: $name', ({ query }) => {
    const sql = query.split('\n').slice(1).join('\n');
    expect(sql).toMatch(/\bFROM latchkey\n/);
    const called = [...sql.matchAll(/\b([A-Za-z_]+)\(/g)].map(([, name = '']) => name);
    expect(called.filter((name) => !FUNCTIONS.has(name))).toEqual([]);
    // Rows are samples: to count them would be to miss what was sampled away.
    expect(sql).not.toMatch(/count\((?!DISTINCT)/);
  });

  it.each(QUERIES)('asks for events and reasons that there are: $name', ({ query }) => {
    const asked = (field: string) => {
      const column = [...COLUMNS].find(([, name]) => name === field)?.[0];
      const equal = [...query.matchAll(new RegExp(`${column} = '([^']*)'`, 'g'))].map(
        ([, value = '']) => value,
      );
      const listed = [...query.matchAll(new RegExp(`${column} IN \\(([^)]*)\\)`, 'g'))].flatMap(
        ([, list = '']) => list.split(', ').map((value) => value.slice(1, -1)),
      );
      return [...equal, ...listed];
    };
    expect(asked('event').filter((event) => !Object.hasOwn(EVENTS, event))).toEqual([]);
    expect(asked('reason').filter((reason) => !Object.hasOwn(ANSWERS, reason))).toEqual([]);
    expect(asked('because').filter((who) => !['stytch', 'ring', 'jwks'].includes(who))).toEqual([]);
    const tiers = ['memory', 'lease', 'kv', 'ring', 'exchange', 'grace'];
    expect(asked('tier').filter((tier) => !tiers.includes(tier))).toEqual([]);
    const decisions = ['forwarded', 'decided', 'answered', 'refused', 'failed'];
    expect(asked('decision').filter((decision) => !decisions.includes(decision))).toEqual([]);
  });
});

describe('a filter of Workers Logs', () => {
  const filters = DOCUMENTS.slice(1).flatMap(({ text }) =>
    [...text.matchAll(/`(\w+) (?:=|>=) ([\w ]+)`/g)].map(([, field = '', value = '']) => ({ field, value })),
  );

  it('is of fields, events and reasons that there are', () => {
    expect(filters.length).toBeGreaterThan(10);
    for (const { field, value } of filters) {
      expect(FIELDS).toHaveProperty(field);
      if (field === 'event') expect(EVENTS).toHaveProperty(value);
      if (field === 'reason') expect(ANSWERS).toHaveProperty(value);
    }
  });
});

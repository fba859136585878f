import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../../cli/keys/import/csv.ts';

const fieldsOf = (text: string) => readCsv(text)?.map(({ fields }) => fields) ?? null;

/** A field as the most careful writer writes it. */
const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;

describe('CSV', () => {
  it('RFC 4180 §2 › comes back as it was written, whatever is in it', () => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é') });
    const table = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), (records, end) => {
        const text = records.map((fields) => fields.map(quoted).join(',') + end).join('');
        expect(fieldsOf(text)).toEqual(records);
      }),
    );
  });

  it.each<[string, readonly (readonly string[])[]]>([
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['\uFEFFa,b\r\n', [['a', 'b']]],
    [
      'a,\n,b\n',
      [
        ['a', ''],
        ['', 'b'],
      ],
    ],
    ['a,', [['a', '']]],
    ['""\n', [['']]],
    ['a\n\n\r\nb\n', [['a'], ['b']]],
    ['', []],
  ])('%j is read', (text, records) => {
    expect(fieldsOf(text)).toEqual(records);
  });

  it.each(['a"b,c', '"a', '"a"b', 'a,"b\n', 'a\rb'])('%j is none', (text) => {
    expect(readCsv(text)).toBeNull();
  });

  it('a record is told of by the line that it begins on', () => {
    const lines = readCsv('a\n"b\n\nc",d\r\n\ne\n')?.map(({ line }) => line);
    expect(lines).toEqual([1, 2, 6]);
  });
});

import type { Metafile } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { overweight, partsOf, strangersIn } from '../../../tools/check/weight.ts';

/** Modules by path: their bytes in the bundle, and what they import. */
type Modules = Readonly<Record<string, readonly [bytes: number, imports?: readonly string[]]>>;

const metafile = (modules: Modules): Metafile => {
  const each = Object.entries(modules);
  return {
    inputs: Object.fromEntries(
      each.map(([path, [bytes, imports = []]]) => [
        path,
        { bytes, imports: imports.map((to) => ({ path: to, kind: 'import-statement' as const })) },
      ]),
    ),
    outputs: {
      'out.js': {
        ...{ bytes: 0, imports: [], exports: [] },
        inputs: Object.fromEntries(each.map(([path, [bytesInOutput]]) => [path, { bytesInOutput }])),
      },
    },
  };
};

const GATE = metafile({
  'entry.ts': [10, ['src/gate/index.ts', 'src/stytch/token.ts']],
  'src/gate/index.ts': [3_000, ['src/model/key.ts', 'src/model/long/way.ts']],
  'src/gate/decide.ts': [1_000],
  'src/stytch/token.ts': [500, ['src/model/zod.ts', 'node_modules/jose/index.js']],
  'src/model/key.ts': [200],
  'src/model/long/way.ts': [0, ['src/model/longer.ts']],
  'src/model/longer.ts': [1, ['src/model/zod.ts']],
  'src/model/zod.ts': [20, ['../../node_modules/zod/v4/mini/index.js']],
  '../../node_modules/zod/v4/mini/index.js': [2_048, ['node_modules/zod/v4/core/core.js']],
  'node_modules/zod/v4/core/core.js': [1_024],
  'node_modules/jose/index.js': [700],
  'node_modules/@stablelib/base64/index.js': [0],
});

const MAY = ['entry.ts', 'src/gate', 'src/model', 'src/stytch', 'npm:jose'];

describe('the parts of a bundle', () => {
  it('are packages, rooms of src, and files at the top, by what is left of them, the largest first', () => {
    expect(Object.entries(partsOf(GATE))).toEqual([
      ['src/gate', 4_000],
      ['npm:zod', 3_072],
      ['npm:jose', 700],
      ['src/stytch', 500],
      ['src/model', 221],
      ['entry.ts', 10],
    ]);
  });
});

describe('what may not be in a bundle', () => {
  it('is named once for each part, with its bytes and the shortest way of imports that brought it', () => {
    expect(strangersIn(GATE, 'entry.ts', MAY)).toEqual([
      'npm:zod (3.0 KiB) came in: entry.ts → src/stytch/token.ts → src/model/zod.ts → node_modules/zod/v4/mini/index.js',
    ]);
  });

  it('is nothing where all may be, as parts or as single files', () => {
    expect(strangersIn(GATE, 'entry.ts', [...MAY, 'npm:zod'])).toEqual([]);
    const { inputs, outputs } = metafile({ 'entry.ts': [1, ['src/ring/name.ts']], 'src/ring/name.ts': [1] });
    expect(strangersIn({ inputs, outputs }, 'entry.ts', ['entry.ts', 'src/ring/name.ts'])).toEqual([]);
    expect(strangersIn({ inputs, outputs }, 'entry.ts', ['entry.ts'])).toHaveLength(1);
  });

  it('is not what was left out of it, however it is imported', () => {
    const shaken = metafile({ 'entry.ts': [1, ['src/portal/index.ts']], 'src/portal/index.ts': [0] });
    expect(strangersIn(shaken, 'entry.ts', ['entry.ts'])).toEqual([]);
  });
});

describe('a bundle that is too heavy', () => {
  const parts = { 'src/gate': 4_000, 'npm:zod': 1_024, 'src/model': 500 };
  const weighed = { raw: 8_192, gzip: 2_048, metafile: GATE };

  it('is told of with what grew most since its parts were written down, and what shrank is not', () => {
    expect(overweight('It', weighed, { raw: 7_168, gzip: 1_024, parts })).toEqual([
      'It is 8.0 KiB, and may be 7.0; 2.0 KiB gzip, and may be 1.0. Grown most: npm:zod +2.0 KiB, npm:jose +0.7 KiB, src/stytch +0.5 KiB, entry.ts +0.0 KiB',
    ]);
  });

  it.each([
    [8_191, 2_048, 1],
    [8_192, 2_047, 1],
    [8_192, 2_048, 0],
  ])('of 8192 bytes, 2048 gzip, where there may be %i and %i: %i problems', (raw, gzip, problems) => {
    expect(overweight('It', weighed, { raw, gzip, parts })).toHaveLength(problems);
  });

  it('is told of where nothing grew: its budget is what shrank', () => {
    expect(overweight('It', weighed, { raw: 1, gzip: 9_999, parts: partsOf(GATE) })[0]).toMatch(
      /Grown most: nothing$/,
    );
  });
});

import { describe, expect, test } from 'vitest';
import { importsOf, violations } from '../../../tools/check/imports.ts';

/** One offending import for each rule, or each side of it. */
const OFFENCES: readonly (readonly [rule: string, from: string, source: string, to: string])[] = [
  ['production-only', 'src/gate/a.ts', "import { b } from '../../emulator/b.ts';", 'emulator/b.ts'],
  ['production-only', 'src/worker.ts', "import '../test/worker.ts';", 'test/worker.ts'],
  ['production-only', 'src/log.ts', "export * from '../tools/check/step.ts';", 'tools/check/step.ts'],
  ['production-only', 'src/ring/a.ts', "const b = await import('../../demo/b.ts');", 'demo/b.ts'],
  ['emulator-alone', 'emulator/a.ts', "import type { B } from '../src/model/b.ts';", 'src/model/b.ts'],
  ['emulator-alone', 'emulator/a.ts', "import { b } from '../tools/b.ts';", 'tools/b.ts'],
  ['origin-alone', 'src/origin/a.ts', "import type { B } from '../model/b.ts';", 'src/model/b.ts'],
  ['origin-alone', 'src/gate/a.ts', "import { verify } from 'latchkey/origin';", 'src/origin/index.ts'],
  ['client-types', 'src/client/a.ts', "import { b } from '../desk/b.ts';", 'src/desk/b.ts'],
  ['client-types', 'src/client/a.ts', "import type { B } from '../model/b.ts';", 'src/model/b.ts'],
  ['client-types', 'src/desk/a.ts', "import type { B } from '../client/b.ts';", 'src/client/b.ts'],
  ['bindings', 'src/gate/a.ts', "import { env } from 'cloudflare:workers';", 'cloudflare:workers'],
  ['bindings', 'src/store/a.ts', 'const vault = env.VAULT;', 'env.VAULT'],
  ['zod-by-us', 'src/desk/a.ts', "import * as z from 'zod/mini';", 'package:zod/mini'],
  ['ports-not-stores', 'src/gate/a.ts', "import type { B } from '../ring/b.ts';", 'src/ring/b.ts'],
  ['ports-not-stores', 'src/desk/a.ts', "import { b } from '../store/b.ts';", 'src/store/b.ts'],
  ['ports-not-stores', 'src/portal/a.tsx', "import { b } from '../stytch/b.ts';", 'src/stytch/b.ts'],
  ['ports-not-stores', 'src/http/a.ts', "import { b } from '../store/b.ts';", 'src/store/b.ts'],
  ['config-types', 'src/gate/a.ts', "import { defineConfig } from '../config.ts';", 'src/config.ts'],
  ['config-types', 'src/gate/a.ts', "import { type A, b } from '../config/b.ts';", 'src/config/b.ts'],
  ['inward', 'src/model/a.ts', "import type { B } from '../http/b.ts';", 'src/http/b.ts'],
  ['inward', 'src/gate/a.ts', "import { b } from '../desk/b.ts';", 'src/desk/b.ts'],
  ['inward', 'src/gate/a.ts', "import { app } from '../app.ts';", 'src/app.ts'],
  ['inward', 'src/app.ts', "import { KeyRing } from './ring/key-ring.ts';", 'src/ring/key-ring.ts'],
  ['inward', 'src/ring/a.ts', "import { b } from '../stytch/b.ts';", 'src/stytch/b.ts'],
  ['inward', 'src/desk/a.ts', "import { b } from '../cellar/b.ts';", 'src/cellar/b.ts'],
  ['inward', 'src/webhooks/a.ts', "import { b } from '../http/b.ts';", 'src/http/b.ts'],
  ['inward', 'src/gate/a.ts', "import { b } from '../webhooks/b.ts';", 'src/webhooks/b.ts'],
];

describe('violations', () => {
  test.each(OFFENCES)('%s: %s may not say %s', (rule, from, source, to) => {
    const found = violations(new Map([[from, source]]));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${from} → ${to} (${rule}): `);
  });

  test('known-rooms: a room that the table does not have is named once', () => {
    const source = "import { a } from '../model/a.ts';\nimport { b } from '../gate/b.ts';";
    expect(violations(new Map([['src/cellar/c.ts', source]]))).toEqual([
      'src/cellar/c.ts (known-rooms): tools/check/rules.ts does not say what it may import',
    ]);
  });

  test('circle: files that import each other are refused, types too, each circle once', () => {
    const sources = new Map([
      ['src/model/a.ts', "import { b } from './b.ts';"],
      ['src/model/b.ts', "import type { C } from './c.ts';"],
      ['src/model/c.ts', "import { a } from './a.ts';"],
      ['src/model/d.ts', "import { a } from './a.ts';"],
    ]);
    expect(violations(sources)).toEqual([
      'src/model/a.ts → src/model/b.ts → src/model/c.ts → src/model/a.ts (circle): imports go in one direction',
    ]);
  });

  test('what DESIGN.md draws is allowed', () => {
    const sources = new Map([
      [
        'src/worker.ts',
        `
          import config from '../latchkey.config.ts';
          import { assemble } from './assemble.ts';
          export { KeyRing } from './ring/key-ring.ts';
        `,
      ],
      [
        'src/assemble.ts',
        `
          import { waitUntil } from 'cloudflare:workers';
          import { app } from './app.ts';
          import { parse } from './config.ts';
          import { log } from './log.ts';
          import { vault } from './store/vault.ts';
          import { client } from './stytch/client.ts';
          const ports = { vault: vault(env.VAULT) };
        `,
      ],
      ['src/app.ts', "import { gate } from './gate/index.ts';\nimport { desk } from './desk/index.ts';"],
      [
        'src/gate/index.ts',
        "import type { Config } from '../config.ts';\nimport { respond } from '../http/respond.ts';",
      ],
      [
        'src/ring/key-ring.ts',
        "import { DurableObject } from 'cloudflare:workers';\nimport { a } from '../model/a.ts';",
      ],
      ['src/store/vault.ts', "import { jwtVerify } from 'jose';\nimport { b } from './layout.ts';"],
      ['src/webhooks/a.ts', "import { verify } from 'node:crypto';\nimport { b } from '../model/b.ts';"],
      ['src/desk/b.ts', "import { verifyWebhook } from '../webhooks/a.ts';"],
      ['src/config.ts', "import { c } from './config/schema.ts';\nimport { d } from './model/path.ts';"],
      ['src/model/a.ts', '/** Never `env.VAULT`. */\nexport const a = 1; // nor env.KEY_RING'],
      ['src/client/index.ts', "import type { D } from '../desk/d.ts';\nimport { p } from './paths.ts';"],
      ['src/origin/index.ts', "import { jwtVerify } from 'jose';\nimport { e } from './claims.ts';"],
      [
        'emulator/worker.ts',
        "import { DurableObject } from 'cloudflare:workers';\nimport { f } from './f.ts';",
      ],
      ['demo/origin.ts', "import { verify } from '../src/origin/index.ts';"],
    ]);
    expect(violations(sources)).toEqual([]);
  });
});

describe('importsOf', () => {
  test.each([
    ["import a from './a.ts';", false],
    ["import { a,\n  type B } from './a.ts';", false],
    ["import * as a from './a.ts';", false],
    ["import './a.ts';", false],
    ["import type, { a } from './a.ts';", false],
    ["import type A from './a.ts';", true],
    ["import type { A } from './a.ts';", true],
    ["import {\n  type A,\n  type B,\n} from './a.ts';", true],
    ["export * from './a.ts';", false],
    ["export { a } from './a.ts';", false],
    ["export type { A } from './a.ts';", true],
    ["const a = await import('./a.ts');", false],
    ["type A = import('./a.ts').A;", false],
    ["import data from './a.ts' with { type: 'json' };", false],
  ])('sees %s', (source, typeOnly) => {
    expect(importsOf('src/gate/x.ts', source)).toEqual([
      { from: 'src/gate/x.ts', to: 'src/gate/a.ts', typeOnly },
    ]);
  });

  test('takes nothing else for an import', () => {
    const source = "export const a = Array.from('x');\n// import x from 'y'\nconst from = 'z';";
    expect(importsOf('src/gate/x.ts', source)).toEqual([]);
  });
});

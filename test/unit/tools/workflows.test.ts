import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../cli/commands.ts';
import { ROOT } from '../../../tools/check/project.ts';

const FOLDER = join(ROOT, '.github/workflows');
const SCRIPTS = Object.keys(
  (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }).scripts,
);
const WORKFLOWS = readdirSync(FOLDER).map(
  (name) => [name, readFileSync(join(FOLDER, name), 'utf8')] as const,
);

const all = (text: string, pattern: RegExp): readonly string[] =>
  [...text.matchAll(pattern)].map(([, found = '']) => found);

describe.each(WORKFLOWS)('the workflow %s', (_, text) => {
  test('uses actions of one commit, and says which version that is', () => {
    const uses = all(text, /uses: (.*)$/gm);
    expect(uses.length).toBeGreaterThan(0);
    for (const each of uses) expect(each).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('may read the repository and nothing else, and runs once at a time', () => {
    expect(text).toMatch(/^permissions:\n {2}contents: read\n$/m);
    expect(all(text, /(permissions|write):/g)).toEqual(['permissions']);
    expect(text).toMatch(/^concurrency:$/m);
  });

  test('keeps no token of the repository where its steps could use it', () => {
    const checkouts = all(text, /uses: (actions\/checkout)@/g).length;
    expect(all(text, /(persist-credentials: false)/g)).toHaveLength(checkouts);
  });

  test('calls scripts and commands that there are', () => {
    for (const script of all(text, /npm run (?:--silent )?([a-z:]+)/g)) expect(SCRIPTS).toContain(script);
    for (const command of all(text, /latchkey -- ([a-z-]+)/g))
      expect(COMMANDS.map(({ name }) => name)).toContain(command);
  });

  test('gives a secret to single steps, and never by an argument', () => {
    for (const line of text.split('\n').filter((each) => each.includes('secrets.')))
      expect(line).toMatch(/^ {10}[A-Z_]+: \$\{\{ secrets\.[A-Z_]+ \}\}$/);
    expect(all(text, /run: .*(\$\{\{)/g)).toEqual([]);
  });
});

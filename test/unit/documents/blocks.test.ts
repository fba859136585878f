import { describe, expect, it } from 'vitest';
import { anchorsOf, linksOf } from '../../../tools/check/links.ts';
import { blocksOf } from '../../../tools/documents/blocks.ts';
import { callsOf, namedScripts } from '../../../tools/documents/form.ts';

const fenced = (info: string, ...lines: readonly string[]): string =>
  ['Before.', `\`\`\`${info}`, ...lines, '```', 'After.'].join('\n');

describe('blocks of commands in documents', () => {
  it('are those that are fenced as sh, with what they ask for', () => {
    expect(blocksOf(fenced('sh', 'one', 'two'))).toEqual([{ kind: 'run', line: 3, commands: 'one\ntwo' }]);
    for (const kind of ['server', 'refused', 'long', 'elsewhere'])
      expect(blocksOf(fenced(`sh ${kind}`, 'one'))).toMatchObject([{ kind }]);
    expect(blocksOf(fenced('ts', 'one'))).toEqual([]);
    expect(blocksOf(fenced('', '```sh', 'one'))).toEqual([]);
  });

  it('cannot be hidden from the test by a word of their own', () => {
    expect(() => blocksOf(fenced('sh later', 'one'))).toThrow('sh later is no kind of block');
    expect(() => blocksOf(fenced('bash', 'one'))).toThrow('fenced as sh');
  });

  it('name the commands of the project, over lines that go on', () => {
    const [block] = blocksOf(
      fenced(
        'sh',
        '# npm run no',
        'KEY=$(npx latchkey keys issue --name x \\',
        '  --json | sed s/a/b/)',
        'npm run -s bench # 1',
      ),
    );
    expect(block && callsOf(block)).toEqual([
      { line: 4, script: 'latchkey', words: ['keys', 'issue'], options: ['--name', '--json'] },
      { line: 6, script: 'bench', words: [], options: [] },
    ]);
    expect(
      namedScripts('See `npm run bench` and `X=1 npm run -s bench:growth -- --only a`, not npm run walk.'),
    ).toEqual(['bench', 'bench:growth']);
  });
});

describe('links in documents', () => {
  it('are those that stay in the project, and are in no code', () => {
    const text = '[a](b.md#c) [d](https://e.f) `[g](h)`\n```\n[i](j)\n```\n[k](#l)';
    expect(linksOf('docs/x.md', text)).toEqual([
      { from: 'docs/x.md', line: 1, to: 'b.md#c' },
      { from: 'docs/x.md', line: 5, to: '#l' },
    ]);
  });

  it('may name a heading as GitHub does', () => {
    const text = '# Some `code`, and more\n## Twice\n## Twice\n```sh\n# no heading\n```\n## Or a link';
    expect([...anchorsOf(text)]).toEqual(['some-code-and-more', 'twice', 'twice-1', 'or-a-link']);
  });
});

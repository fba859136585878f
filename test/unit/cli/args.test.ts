import { describe, expect, test } from 'vitest';
import { readArgs } from '../../../cli/args.ts';
import { COMMANDS } from '../../../cli/commands.ts';

const OPTIONS = { env: { type: 'string' }, yes: { type: 'boolean' } } as const;

/** Commands that take something that is no option, and what it is. */
const TAKE_WORDS = ['probe', 'keys revoke', 'audit verify', 'restore'];

describe('arguments', () => {
  test('are options; a word that is none is refused, and not repeated', () => {
    expect(readArgs(['--env', 'staging', '--yes'], OPTIONS)).toMatchObject({
      ok: true,
      value: { values: { env: 'staging', yes: true }, positionals: [] },
    });
    expect(readArgs(['staging', '--yes'], OPTIONS)).toEqual({
      ...{ ok: false, refusal: 'A word that is no option: everything is said by options here.' },
    });
  });

  test('are words as well, where a command takes them', () => {
    const read = readArgs(['staging', '--yes'], OPTIONS, 'words');
    expect(read).toMatchObject({ ok: true, value: { positionals: ['staging'] } });
  });

  test('that are unknown, or lack a value, are told of in one sentence', () => {
    expect(readArgs(['--evn', 'staging'], OPTIONS)).toEqual({
      ...{ ok: false, refusal: "Unknown option '--evn'" },
    });
    expect(readArgs(['--env'], OPTIONS)).toMatchObject({
      ok: false,
      refusal: expect.stringMatching(/^[^.]*--env[^.]*missing$/),
    });
  });

  test.each(COMMANDS.filter(({ name }) => !TAKE_WORDS.includes(name)))(
    '$name does nothing where a word is no option: production is not what "staging" means',
    async ({ load }) => {
      const told: string[] = [];
      const wrangler = async () => Promise.reject(new Error('wrangler was called'));
      const code = await (await load()).run(['staging'], {
        terminal: { say: () => {}, tell: (line) => void told.push(line), person: null },
        ...{ folder: '/nowhere', env: {}, wrangler },
      });
      expect([code, told[0]]).toEqual([2, expect.stringMatching(/^A word that is no option/)]);
    },
  );
});

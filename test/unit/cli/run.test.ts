import { mkdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../../cli/command.ts';
import { COMMANDS } from '../../../cli/commands.ts';
import { run } from '../../../cli/run.ts';

/** What a command of the table was called with. */
const called: (readonly string[])[] = [];
const loaded: string[] = [];

const entry = (name: string): Entry => ({
  ...{ name, says: `Does ${name}` },
  load: async () => {
    loaded.push(name);
    return {
      help: `How ${name} is called.`,
      run: async (args) => {
        called.push([name, ...args]);
        return 1;
      },
    };
  },
});

const TABLE = [entry('init'), entry('keys list'), entry('keys issue'), entry('keys')];

const call = async (args: readonly string[], table: readonly Entry[] = TABLE) => {
  called.length = 0;
  loaded.length = 0;
  const [said, told]: [string[], string[]] = [[], []];
  const code = await run(table, args, {
    terminal: { say: (line) => void said.push(line), tell: (line) => void told.push(line), person: null },
    ...{ folder: '/nowhere', env: {}, wrangler: async () => ({ code: 1, stdout: '', stderr: '' }) },
  });
  return { code, said: said.join('\n'), told: told.join('\n'), called: [...called], loaded: [...loaded] };
};

describe('latchkey', () => {
  test('without a command, and where help is asked for, it shows all of them and loads none', async () => {
    for (const args of [[], ['--help'], ['-h'], ['help']]) {
      const { code, said, told, loaded } = await call(args);
      expect([code, told, loaded]).toEqual([0, '', []]);
      for (const { name, says } of TABLE) expect(said).toMatch(new RegExp(`^  ${name} +${says}$`, 'm'));
    }
  });

  test('a command gets the arguments after its name, of one word or of two, and says how it ends', async () => {
    expect(await call(['init', '--yes', 'x'])).toMatchObject({ code: 1, called: [['init', '--yes', 'x']] });
    expect(await call(['keys', 'list', '--json'])).toMatchObject({ called: [['keys list', '--json']] });
    // Two words are looked for first.
    expect(await call(['keys', 'other'])).toMatchObject({ called: [['keys', 'other']] });
  });

  test('with --json there is a document, whatever became of it', async () => {
    const table = (says: readonly string[]): readonly Entry[] => [
      {
        ...{ name: 'try', says: 'Fails' },
        load: async () => ({
          help: 'How try is called.',
          run: async (_, { terminal }) => {
            terminal.tell('Half of it is done.');
            terminal.tell('The file is not there.\n\nHow try is called.');
            for (const line of says) terminal.say(line);
            return 1;
          },
        }),
      },
    ];
    expect((await call(['try', '--json'], table([]))).said).toBe('{"error":"The file is not there."}');
    expect((await call(['try', '--json'], table(['{"findings":[]}']))).said).toBe('{"findings":[]}');
    expect((await call(['try'], table([]))).said).toBe('');
  });

  test("a command's help is shown, and it is not called", async () => {
    for (const flag of ['--help', '-h']) {
      const { code, said, called } = await call(['keys', 'issue', '--name', 'x', flag]);
      expect([code, said, called]).toEqual([0, 'How keys issue is called.', []]);
    }
  });

  test('the first word of a group shows the group', async () => {
    const table = TABLE.slice(0, 3);
    const asked = await call(['keys', '--help'], table);
    expect([asked.code, asked.said.includes('keys list'), asked.said.includes('init')]).toEqual([
      0,
      true,
      false,
    ]);
    const bare = await call(['keys'], table);
    expect([bare.code, bare.said.includes('keys issue')]).toEqual([2, true]);
  });

  test('what is no command is told of, with what there is', async () => {
    const table = TABLE.slice(0, 3);
    const unknown = await call(['inti', '--yes'], table);
    expect([unknown.code, unknown.said]).toEqual([2, '']);
    expect(unknown.told).toMatch(/^latchkey: there is no command "inti --yes"\.\n/);
    expect(unknown.told).toContain('init');
    const inGroup = await call(['keys', 'lsit'], table);
    expect([inGroup.code, inGroup.told.includes('keys list'), inGroup.told.includes('init ')]).toEqual([
      ...[2, true, false],
    ]);
  });

  test('what the machine refuses is told in a line, and a bug is not hidden', async () => {
    const failing = (work: () => never): Entry => ({
      ...{ name: 'backup', says: 'Fails' },
      load: async () => ({ help: '', run: async () => work() }),
    });
    const underAFile = () => {
      throw mkdirSync(`${import.meta.filename}/x`);
    };
    const refused = await call(['backup'], [failing(underAFile)]);
    expect([refused.code, refused.said]).toEqual([1, '']);
    expect(refused.told).toMatch(/^latchkey backup: ENOTDIR: not a directory, mkdir '[^']+'$/);
    const bug = () => {
      throw new TypeError('a bug');
    };
    await expect(call(['backup'], [failing(bug)])).rejects.toThrow(TypeError);
  });

  test('every command of the real table can be loaded, and its help says how it is called and how it ends', async () => {
    expect(new Set(COMMANDS.map(({ name }) => name)).size).toBe(COMMANDS.length);
    for (const { name, load } of COMMANDS) {
      const { help } = await load();
      expect([name, help]).toEqual([
        name,
        expect.stringMatching(new RegExp(`npm run (?:latchkey -- )?${name}`)),
      ]);
      expect([name, help]).toEqual([name, expect.stringMatching(/ends with|Ctrl-C/)]);
      // What options mean stands in one column, also where commands share some of them.
      const columns = help.matchAll(/^ {2}--[a-z-]+ {2,}(?=\S)/gm);
      expect([name, new Set([...columns].map(([lead]) => lead.length)).size]).toEqual([name, 1]);
    }
  });
});

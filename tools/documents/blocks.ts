import { committedFiles } from '../check/project.ts';

/**
 * What a block of commands asks for. `install`: once, in a fresh clone. `run`: as it stands, while `npm run dev` runs. `server`: it goes on until it is ended.
 * `refused`: its last command is one that is refused. `long`: more than a test has time for, so that each command is
 * only asked for its help. `elsewhere`: it needs an account, or a machine that is not this one.
 */
export type Kind = 'install' | 'run' | 'server' | 'refused' | 'long' | 'elsewhere';

/** Commands of a document. */
export interface Block {
  readonly kind: Kind;
  /** Where its first command stands, counted from 1. */
  readonly line: number;
  readonly commands: string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  ...{
    install: 'install',
    '': 'run',
    server: 'server',
    refused: 'refused',
    long: 'long',
    elsewhere: 'elsewhere',
  },
};

/** The fenced blocks of a document that are commands. Throws for a word that is none of the kinds: nothing is left out unseen. */
export const blocksOf = (text: string): readonly Block[] => {
  const blocks: Block[] = [];
  let open: { readonly kind: Kind | null; readonly line: number; readonly fence: string } | null = null;
  let lines: string[] = [];
  text.split('\n').forEach((line, i) => {
    if (open !== null) {
      if (line.trimEnd() !== open.fence) lines.push(line);
      else {
        if (open.kind !== null) blocks.push({ kind: open.kind, line: open.line, commands: lines.join('\n') });
        open = null;
      }
      return;
    }
    const [, indent, fence, info] = /^([ \t]*)(`{3,})\s*(.*?)\s*$/.exec(line) ?? [];
    if (fence === undefined || info === undefined) return;
    open = { kind: kindOf(info, i + 1), line: i + 2, fence: `${indent}${fence}` };
    lines = [];
  });
  return blocks;
};

/** Null for what is no command: code, output, a diagram. */
const kindOf = (info: string, line: number): Kind | null => {
  const [language = '', ...rest] = info.split(' ');
  if (['bash', 'shell', 'console'].includes(language))
    throw new Error(`line ${line}: commands are fenced as sh, output as text`);
  if (language !== 'sh') return null;
  const kind = KINDS[rest.join(' ')];
  if (kind === undefined) throw new Error(`line ${line}: sh ${rest.join(' ')} is no kind of block`);
  return kind;
};

/** Everything that people read to learn what to type, from the project's root. */
export const documents = (): readonly string[] => committedFiles().filter((path) => path.endsWith('.md'));

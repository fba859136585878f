import type { Block } from './blocks.ts';

/** A call of one of the project's own commands, as a document has it: `npm run bench -- --only pass`. */
export interface Call {
  readonly line: number;
  /** The script of package.json: `bench`, `latchkey`. */
  readonly script: string;
  /** What stands before its options. */
  readonly words: readonly string[];
  readonly options: readonly string[];
}

/** What stands after a backslash at the end of a line belongs to it; what stands after ` #` is for people. */
const linesOf = ({ commands, line }: Block): readonly { readonly text: string; readonly line: number }[] => {
  const found: { text: string; line: number }[] = [];
  let isOpen = false;
  commands.split('\n').forEach((each, i) => {
    const text = each.replace(/\\$/, '');
    const last = found.at(-1);
    if (isOpen && last !== undefined) last.text += text;
    else found.push({ text, line: line + i });
    isOpen = each.endsWith('\\');
  });
  return found.map(({ text, line: at }) => ({ text: text.replace(/(?:^|\s)#.*$/, ''), line: at }));
};

const CALL = /(?:npm run (?:(?:-s|--silent) )?([\w:-]+)(?: --(?= |$))?|npx (latchkey))((?: [^&|;><]+)?)/g;

/** The calls of the project's own commands in a block. */
export const callsOf = (block: Block): readonly Call[] =>
  linesOf(block).flatMap(({ text, line }) =>
    [...text.matchAll(CALL)].map(([, npm, npx, rest = '']) => {
      const words = rest.split(/\s+/).filter((word) => word !== '');
      const first = words.findIndex((word) => word.startsWith('-'));
      return {
        line,
        script: npm ?? npx ?? '',
        words: first < 0 ? words : words.slice(0, first),
        options: words.filter((word) => word.startsWith('--')).map((word) => word.replace(/=.*$/s, '')),
      };
    }),
  );

/** The scripts that prose names between backticks: `npm run bench`. */
export const namedScripts = (text: string): readonly string[] =>
  [...text.matchAll(/`[^`\n]*?npm run (?:(?:-s|--silent) )?([\w:-]+)[^`\n]*`/g)].map(([, name = '']) => name);

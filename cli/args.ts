import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { err, ok, type Result } from '../src/model/refusal.ts';

/** What stands behind a command's name. */
export type Args<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true }>
>;

/**
 * Reads arguments; the refusal says which option is not there, or lacks its value. A word that is no option is refused as
 * well, unless a command takes words: `deploy staging` must not deploy production.
 */
export const readArgs = <const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  takes: 'options' | 'words' = 'options',
): Result<Args<Options>, string> => {
  try {
    const read = parseArgs({ args: [...args], options, allowPositionals: true }) as Args<Options>;
    // The word is not repeated: it may be a key that somebody pasted.
    return read.positionals.length === 0 || takes === 'words'
      ? ok(read)
      : err('A word that is no option: everything is said by options here.');
  } catch (error) {
    // Node's second sentence is about words that begin with a dash: no command takes one.
    if (error instanceof TypeError) return err(error.message.split('. ')[0] ?? error.message);
    throw error;
  }
};

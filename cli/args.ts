import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { err, ok, type Result } from '../src/model/refusal.ts';

/** What stands behind a command's name. */
export type Args<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true }>
>;

/** Reads arguments; the refusal says which option is not there, or lacks its value. */
export const readArgs = <const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
): Result<Args<Options>, string> => {
  try {
    return ok(parseArgs({ args: [...args], options, allowPositionals: true }) as Args<Options>);
  } catch (error) {
    if (error instanceof TypeError) return err(error.message);
    throw error;
  }
};

/**
 * What every command does before its work: options that make no sense end it with 2 and say why, a call for help ends it
 * with 0. Otherwise the exit code is the work's.
 */
export const command = async <Options extends { readonly help: boolean }>(
  asked: Options | string,
  help: string,
  work: (options: Options) => Promise<number>,
): Promise<number> => {
  if (typeof asked === 'string') {
    console.error(`${asked}\n\n${help}`);
    return 2;
  }
  if (asked.help) {
    console.log(help);
    return 0;
  }
  return work(asked);
};

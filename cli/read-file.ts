import { readFileSync } from 'node:fs';
import { err, ok, type Result } from '../src/model/refusal.ts';

/** Reads a file that an operator named; the refusal says which, and why it cannot be read. */
export const readTextFile = (path: string): Result<string, string> => {
  try {
    return ok(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error) return err(`${path}: cannot be read (${error.code})`);
    throw error;
  }
};

/** Its first line, without blanks around it: what a file with a token or a key has. */
export const readFirstLine = (path: string): Result<string, string> => {
  const text = readTextFile(path);
  return text.ok ? ok(text.value.split('\n', 1)[0]?.trim() ?? '') : text;
};

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

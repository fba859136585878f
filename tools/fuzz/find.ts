import { committedFiles, read } from '../check/project.ts';

/** A file with tests of a property, and the project of vitest.config.ts that runs it. */
export interface Place {
  readonly project: string;
  readonly file: string;
}

/** Where a property is tried: every test file that names it. */
export const placesOf = (
  property: number,
  files: readonly string[] = committedFiles(),
  source: (path: string) => string = read,
): readonly Place[] =>
  files
    .filter((file) => /^test\/.*\.test\.tsx?$/.test(file) && namePattern(property).test(source(file)))
    .map((file) => ({ project: projectOf(file), file }));

/** What the names of a property's tests begin with. */
export const namePattern = (property: number): RegExp => new RegExp(`SECURITY 3, property ${property} `);

const projectOf = (file: string): string => {
  const room = file.split('/')[1] ?? '';
  if (room === 'unit') return room;
  return room === 'outside' || room === 'emulator' ? 'outside' : 'workerd';
};

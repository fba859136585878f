import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../src/config/variables.ts';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import { loadSettings, SETTINGS_FILE } from '../project.ts';
import { type AnswerName, type Answers, answersIn, QUESTIONS, withAnswers } from './answers.ts';
import { quoted, settingsText } from './settings-text.ts';

/** A file of the operator's as it is (null: not there) and as it shall be. */
export interface Change {
  readonly file: string;
  readonly before: string | null;
  readonly after: string;
}

/** The operator's settings as they are on the disk: null where there are none, or where nothing of them can be kept. */
export interface Present {
  readonly text: string | null;
  readonly settings: unknown;
}

/** Projects that nobody has: the emulator's, and those of the clone's wrangler.toml. */
const NOBODYS_PROJECT = /^project-(?:test|live)-(\d)\1{7}-\1{4}-/;

/** The first words of the file that comes with the project. */
const AS_CLONED = 'Latchkey as it runs on a laptop';

/** Whether a project's id is one that came with the clone. */
export const isNobodys = (projectId: unknown): boolean => NOBODYS_PROJECT.test(String(projectId));

/** Reads what is there. */
export const presentSettings = async (folder: string): Promise<Result<Present, string>> => {
  const path = join(folder, SETTINGS_FILE);
  if (!existsSync(path)) return ok({ text: null, settings: {} });
  const settings = await loadSettings(path);
  return settings.ok ? ok({ text: readFileSync(path, 'utf8'), settings: settings.value }) : settings;
};

/**
 * The file that has the answers in it. One that nobody wrote anything into is written anew, with the hosts of the
 * first environment or of production; in any other the answers that no variable goes over are put in the place of those
 * before, and nothing else is touched.
 */
export const changeSettings = async (
  folder: string,
  environment: string | null,
  { text, settings }: Present,
  answers: Answers,
): Promise<Result<Change, string>> => {
  const file = SETTINGS_FILE;
  const before = answersIn(settings);
  const { vertical, brand, originId } = answers;
  if (text === null || isAsCloned(text, before))
    return ok({ file, before: text, after: settingsText(answers) });
  if (isOurs(text, before)) {
    const own = environment === 'production' ? answers : { ...before, vertical, brand, originId };
    return ok({ file, before: text, after: settingsText(own) });
  }
  const after = PLACES.reduce(
    (edited, [name, place]) =>
      edited.replace(place, (_, start: string) => `${start}${quoted(String(answers[name]))}`),
    text,
  );
  const wanted = withAnswers(isRecord(settings) ? settings : {}, { vertical, brand, originId });
  const loaded = after === text ? ok(settings) : await loadText(folder, after);
  return loaded.ok && isDeepStrictEqual(loaded.value, wanted)
    ? ok({ file, before: text, after })
    : err(
        `${file}: put these in yourself, init cannot: brand '${brand}', stytch.vertical '${vertical}', origin.id '${originId}'`,
      );
};

const isAsCloned = (text: string, { projectId }: Partial<Answers>): boolean =>
  text.includes(AS_CLONED) && isNobodys(projectId);

const isOurs = (text: string, before: Partial<Answers>): before is Answers =>
  isWhole(before) && text === settingsText(before);

const isWhole = (answers: Partial<Answers>): answers is Answers =>
  QUESTIONS.every(({ name }) => answers[name] !== undefined);

/** Where these settings usually stand. What comes of a replacement is read again and compared. */
const PLACES: readonly (readonly [AnswerName, RegExp])[] = [
  ['brand', /(\n\s*brand:\s*)(?:'[^'\n]*'|"[^"\n]*")/],
  ['vertical', /(\bvertical:\s*)(?:'[^'\n]*'|"[^"\n]*")/],
  ['originId', /(\n\s*origin:\s*\{[^}]*?\bid:\s*)(?:'[^'\n]*'|"[^"\n]*")/],
];

/** What a text exports, from where the operator's file stands: it imports from there. */
export const loadText = async (folder: string, text: string): Promise<Result<unknown, string>> => {
  const path = join(folder, `latchkey.config.${process.pid}.next.ts`);
  writeFileSync(path, text);
  try {
    return await loadSettings(path);
  } finally {
    rmSync(path);
  }
};

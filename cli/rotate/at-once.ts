import { askLeave, failed } from '../answers.ts';
import { CLOCK } from '../clock.ts';
import type { ExitCode } from '../command.ts';
import { freshId } from '../fresh-keys.ts';
import { readKept } from './kept.ts';
import { type Course, type How, putKey, told, type Where } from './rotate.ts';

/**
 * Puts a new key in the place of all others, in one step: for a list of which a key got out. Whatever rotation was under way
 * is over.
 */
export const replaceAtOnce = async (
  where: Where,
  course: Course,
  how: Pick<How, 'yes' | 'json'>,
): Promise<ExitCode> => {
  const { world, environment } = where;
  const { terminal, folder, clock = CLOCK } = world;
  const kept = readKept(folder, environment, course.list);
  if (!kept.ok) return failed(terminal, kept.refusal);
  const { keys, rotation, retiredIds } = kept.value;
  const ids = keys.map(({ id }) => id);
  // What was cut off is done again, and not one key more made.
  const isUnsent = rotation?.place === 'alone' && rotation.sentAt === null && ids.includes(rotation.id);
  const id = isUnsent ? rotation.id : freshId(new Date(clock.now()), [...ids, ...retiredIds]);
  const end = await askLeave(terminal, course.words('alone', id).will, how.yes);
  if (end !== null) return end;
  const given = isUnsent ? keys : [...keys, course.list.make(id)];
  const put = await putKey(where, course, kept.value, given, { id, place: 'alone' });
  if (!put.ok) return failed(terminal, `${put.refusal}\nCall this again: it goes on where it was.`);
  return told(where, course, how, { did: course.words('alone', id).did, id, place: 'alone', nextAt: null });
};

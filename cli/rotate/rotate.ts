import { ok, type Result } from '../../src/model/refusal.ts';
import { askLeave, failed } from '../answers.ts';
import { CLOCK } from '../clock.ts';
import { putSecrets } from '../cloudflare.ts';
import type { ExitCode, World } from '../command.ts';
import { freshId } from '../fresh-keys.ts';
import { type Kept, keepKeys, keepRetired, keepRotation, readKept } from './kept.ts';
import type { KeyList, ListedKey } from './key-lists.ts';
import { arranged, nextStep, type Pace, type Place, type Rotation, type Step } from './next-step.ts';

/** How a command says what happens to a new key in a place. */
export interface Words {
  /** Of what is going to be done: a sentence without its end. */
  readonly will: string;
  /** Of what was done, and why the next thing has to wait. */
  readonly did: string;
}

/** How the keys of a list take each other's place. */
export interface Course {
  readonly list: KeyList;
  readonly words: (place: Place, id: string) => Words;
  /** Asked before each step; the refusal is that nobody can tell how long to wait. */
  readonly paceOf: (rotation: Rotation | null) => Promise<Result<Pace, string>>;
  /** What keeps a key from moving on when its time has come; null where nothing does. */
  readonly whyNotMove: (id: string, place: Place) => Promise<string | null>;
  /** What keeps another rotation from beginning; null where nothing does. */
  readonly whyNotBegin: (kept: Kept) => string | null;
  /** What stays of a key that is taken off. */
  readonly retired: (key: ListedKey) => ListedKey;
}

/** Where the keys are, and how they get to the Worker. */
export interface Where {
  readonly world: World;
  readonly environment: string | null;
  /** The Worker reads the file itself when it starts: `latchkey serve`. */
  readonly isFileAll: boolean;
}

export interface How {
  readonly yes: boolean;
  /** Whether all steps are wanted, one after the other. */
  readonly wait: boolean;
  readonly json: boolean;
}

/** Does the step that is next; with `wait`, all of them. */
export const rotate = async (where: Where, course: Course, how: How): Promise<ExitCode> => {
  const { world, environment } = where;
  const { terminal, folder, clock = CLOCK } = world;
  let hasLeave = false;
  for (;;) {
    const kept = readKept(folder, environment, course.list);
    if (!kept.ok) return failed(terminal, kept.refusal);
    const { keys, rotation, retiredIds } = kept.value;
    const ids = keys.map(({ id }) => id);
    const pace = await course.paceOf(rotation);
    if (!pace.ok) return failed(terminal, pace.refusal);
    const next = nextStep(rotation, ids, pace.value, clock.now());
    if (next.step === 'wait') {
      terminal.tell(`Not before ${at(next.until)}.`);
      if (!how.wait) return 1;
      await clock.wait(next.until - clock.now());
      continue;
    }
    const why = await whyNot(course, kept.value, next);
    if (why !== null) return failed(terminal, why);
    const id =
      next.step === 'send' && rotation !== null
        ? rotation.id
        : freshId(new Date(clock.now()), [...ids, ...retiredIds]);
    const place = next.step === 'send' ? next.place : 'listed';
    if (!hasLeave) {
      const more = how.wait && pace.value[place] !== null ? ', and go on to the end as it becomes safe' : '';
      const end = await askLeave(terminal, `${course.words(place, id).will}${more}`, how.yes);
      if (end !== null) return end;
      hasLeave = true;
    }
    const given = next.step === 'begin' ? [...keys, course.list.make(id)] : keys;
    const put = await putKey(where, course, kept.value, given, { id, place });
    if (!put.ok) return failed(terminal, `${put.refusal}\nCall this again: it goes on where it was.`);
    const stays = pace.value[place];
    const did = course.words(place, id).did;
    if (stays !== null && how.wait) terminal.tell(did);
    else
      return told(where, course, how, { did, id, place, nextAt: stays === null ? null : put.value + stays });
  }
};

/** What is sent once more has moved already. */
const whyNot = async (
  course: Course,
  kept: Kept,
  next: Exclude<Step, { step: 'wait' }>,
): Promise<string | null> => {
  if (next.step === 'begin' || kept.rotation === null) return course.whyNotBegin(kept);
  const { id, sentAt } = kept.rotation;
  return sentAt === null ? null : course.whyNotMove(id, next.place);
};

/**
 * Puts a key in its place: first in the file, so that nothing is sent that is not kept, then in the Worker. What was begun is
 * written down before: whatever cuts it off, the next call does the same once more.
 */
export const putKey = async (
  where: Where,
  { list, retired }: Pick<Course, 'list' | 'retired'>,
  kept: Kept,
  keys: readonly ListedKey[],
  { id, place }: Pick<Rotation, 'id' | 'place'>,
): Promise<Result<number, string>> => {
  const { world, environment } = where;
  const { folder, clock = CLOCK } = world;
  const next = arranged(keys, id, place);
  const off = [...kept.keys, ...keys].filter((key) => !next.includes(key) && kept.keys.includes(key));
  const begun = keepRotation(folder, environment, list, { id, place, sentAt: null });
  if (!begun.ok) return begun;
  const retiring =
    off.length === 0 ? ok(undefined) : keepRetired(folder, environment, list, off.map(retired));
  if (!retiring.ok) return retiring;
  keepKeys(folder, environment, list, kept, next);
  const sent = where.isFileAll
    ? ok(null)
    : await putSecrets(world.wrangler, environment, { [list.name]: list.write(next) });
  if (!sent.ok) return sent;
  const sentAt = clock.now();
  const done = keepRotation(folder, environment, list, { id, place, sentAt });
  return done.ok ? ok(sentAt) : done;
};

/** What became of a step. */
export interface Done {
  readonly did: string;
  readonly id: string;
  readonly place: Place;
  /** When the next call may do something; null when nothing is left to do. */
  readonly nextAt: number | null;
}

/** Says what was done, and when there is more to do. */
export const told = (
  { world: { terminal }, isFileAll }: Where,
  { list }: Course,
  { json }: Pick<How, 'json'>,
  { did, id, place, nextAt }: Done,
): ExitCode => {
  const until = nextAt === null ? null : at(nextAt);
  if (json) terminal.say(JSON.stringify({ secret: list.name, id, place, next_at: until }));
  else {
    terminal.say(did);
    if (until !== null) terminal.say(`Call this again after ${until}, for the next step.`);
  }
  if (isFileAll) terminal.tell('Start what serves by this file anew: it reads it when it starts.');
  return 0;
};

const at = (ms: number): string => new Date(ms).toISOString();

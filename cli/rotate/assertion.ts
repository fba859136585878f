import { err, ok, type Result } from '../../src/model/refusal.ts';
import { FRESH_MS } from '../../src/origin/jwks.ts';
import { misused } from '../answers.ts';
import { readArgs } from '../args.ts';
import type { Command, World } from '../command.ts';
import { deskUrl } from '../operator.ts';
import { configOf, readProject } from '../project.ts';
import { replaceAtOnce } from './at-once.ts';
import { ASSERTION_KEYS, type ListedKey } from './key-lists.ts';
import { ROTATE_HELP, ROTATE_OPTIONS, readRotateOptions } from './options.ts';
import { readPublished } from './published.ts';
import { type Course, rotate } from './rotate.ts';

const HELP = `Puts a new key in the place of the one that signs assertions for origins.

  npm run latchkey -- rotate-assertion [--wait | --leaked] [more]

${ROTATE_HELP}
  --leaked        the key that signs got out: a new one alone takes its place, at once
  --desk          where the Desk is, to see what it publishes; without it, LATCHKEY_DESK, or what the operator's file says

1. The new key is listed second: the Desk publishes it, and nothing is signed with it.
2. When every origin has it, it becomes the first, and signs. Origins that verify by latchkey/origin keep what they fetched for
   ${FRESH_MS / 60_000} minutes, and a cache before them for as long as the Desk's Cache-Control says, 5 minutes: so this is a
   quarter of an hour later, and the time for isolates of before.
3. When nothing that the old key signed is good any more, it is taken off: an assertion lives a minute.

With --leaked there is one step. An origin that verifies by latchkey/origin asks for the keys again at the first assertion under
the new one, and refuses the old one from then on; where it asked within the last half minute, it refuses both until that is over.

Each step is a call of this command, which finds out by itself which one is next; --wait does them all. An old key that is
taken off stays, its public half alone, in .latchkey/retired.ENV.json: heads of audit trails that it signed are proven by it.
The new list is in .latchkey/secrets.ENV.json before it is sent. It ends with 0 when the step, or all of them, were done; with
1 if not, or if it is too early: called again, it goes on where it was.`;

const text = { type: 'string' } as const;

/** How long an assertion lives at the most, and how far an origin lets clocks differ, in milliseconds. */
const ASSERTION_MS = 60_000;
const TOLERANCE_MS = 60_000;

export const rotateAssertion: Command = {
  help: HELP,
  run: async (args, world) => {
    const { terminal } = world;
    const read = readArgs(args, { ...ROTATE_OPTIONS, desk: text, leaked: { type: 'boolean' } });
    if (!read.ok) return misused(terminal, read.refusal, HELP);
    const { values } = read.value;
    const options = readRotateOptions(values, world);
    if (!options.ok) return misused(terminal, options.refusal, HELP);
    const { where, how, settleMs } = options.value;
    const desk = await deskOf(values.desk, where.environment, world);
    if (!desk.ok) return misused(terminal, desk.refusal, HELP);
    const course = courseOf(desk.value, settleMs);
    if (values.leaked !== true) return rotate(where, course, how);
    if (how.wait) return misused(terminal, '--leaked has nothing to wait for.', HELP);
    return replaceAtOnce(where, course, how);
  },
};

/** As it was said, or as the operator's files have it. */
const deskOf = async (
  said: string | undefined,
  environment: string | null,
  { folder, env }: World,
): Promise<Result<string, string>> => {
  if (said !== undefined || (env.LATCHKEY_DESK ?? '') !== '') return deskUrl({ desk: said }, env);
  const project = await readProject(folder, environment);
  if (!project.ok) return err(`Say --desk: ${project.refusal.join('\n')}`);
  const read = configOf(project.value);
  return read.ok ? ok(read.config.deskUrl) : err(`Say --desk: ${read.problems.join('\n')}`);
};

/** The course of keys that sign assertions: published, then used, then alone. */
export const courseOf = (desk: string, settleMs: number): Course => ({
  list: ASSERTION_KEYS,
  paceOf: async (rotation) => {
    const stays = settleMs + ASSERTION_MS + TOLERANCE_MS;
    const isListed = rotation?.place === 'listed' && rotation.sentAt !== null;
    const published = isListed ? await readPublished(desk) : ok({ maxAgeSeconds: 0 });
    return published.ok
      ? ok({ listed: settleMs + published.value.maxAgeSeconds * 1000 + FRESH_MS, first: stays, alone: null })
      : err(`Nobody can tell what origins know: ${published.refusal}`);
  },
  whyNotMove: async (id, place) => {
    const published = place === 'first' ? await readPublished(desk) : null;
    if (published === null || (published.ok && published.value.kids.includes(id))) return null;
    const because = published.ok ? `it publishes ${published.value.kids.join(' and ')}` : published.refusal;
    return `The Desk at ${desk} does not publish ${id} (${because}): is something else deployed there?`;
  },
  whyNotBegin: ({ keys }) =>
    keys.length < ASSERTION_KEYS.most
      ? null
      : `${keys.map(({ id }) => id).join(' and ')} are both there, and no rotation of this command's is under way: take off the one that is not wanted.`,
  retired: publicHalf,
  words: (place, id) => WORDS[place](id),
});

const WORDS = {
  listed: (id: string) => ({
    will: `Make the assertion key ${id}, and publish it`,
    did: `The assertion key ${id} is published, and signs nothing: origins go on for a while with the keys that they have.`,
  }),
  first: (id: string) => ({
    will: `Sign assertions with ${id}`,
    did: `Assertions are signed with ${id}. The key of before is published until nothing that it signed is good.`,
  }),
  alone: (id: string) => ({
    will: `Take every assertion key off but ${id}`,
    did: `The assertion key ${id} is the only one. The public half of the one before is kept, for heads of audit trails.`,
  }),
} as const;

const publicHalf = ({ id, key }: ListedKey): ListedKey => {
  const { d: _, ...open } = key as Readonly<Record<string, unknown>>;
  return { id, key: open };
};

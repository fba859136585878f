import { ok } from '../../src/model/refusal.ts';
import { misused } from '../answers.ts';
import { readArgs } from '../args.ts';
import type { Command } from '../command.ts';
import { OPERATOR_HELP, OPERATOR_OPTIONS } from '../operator.ts';
import { MASTER_KEYS } from './key-lists.ts';
import { ROTATE_HELP, ROTATE_OPTIONS, readRotateOptions } from './options.ts';
import { retire } from './retire.ts';
import { type Course, rotate } from './rotate.ts';

const HELP = `Puts a new master key in the place of the one that keys are made under; takes an old one off.

  npm run latchkey -- rotate-master [--wait] [more]
  npm run latchkey -- rotate-master --retire ID --desk URL [more]

${ROTATE_HELP}

Two versions of the Worker run side by side while a secret goes out. So the new key is listed last at first: every isolate
accepts what is made under it before anything is. In the second step it becomes the first of the list, and new keys are
made under it. No key stops working, and nobody waits: each secret in use costs one exchange at Stytch more.

The old key stays on the list, and its keys go on working, until

  --retire        takes the master key of this id off. First a dry reconciliation counts the living keys that need it: they
                  stop working for good
  --losing        how many of those may be lost, where that is not asked: 0
  --uncounted     without counting them: where the Desk cannot be asked
${OPERATOR_HELP}

A key that is taken off is kept in .latchkey/retired.ENV.json: audit trails are proven by it. The new list is in
.latchkey/secrets.ENV.json before it is sent. It ends with 0 when the step, or all of them, were done; with 1 if not: called
again, it goes on where it was.`;

const flag = { type: 'boolean' } as const;
const text = { type: 'string' } as const;

export const rotateMaster: Command = {
  help: HELP,
  run: async (args, world) => {
    const { terminal } = world;
    const read = readArgs(args, {
      ...{ ...ROTATE_OPTIONS, ...OPERATOR_OPTIONS },
      ...{ retire: text, losing: text, uncounted: flag },
    });
    if (!read.ok) return misused(terminal, read.refusal, HELP);
    const { values } = read.value;
    const options = readRotateOptions(values, world);
    if (!options.ok) return misused(terminal, options.refusal, HELP);
    const { where, how, settleMs } = options.value;
    const { retire: id, losing = '0', uncounted = false } = values;
    if (!/^\d{1,9}$/.test(losing)) return misused(terminal, '--losing is a number.', HELP);
    if (id === undefined) return rotate(where, courseOf(settleMs), how);
    const asked = { id, losing: Number(losing), access: uncounted ? null : values, settleMs };
    return retire(where, how, asked, HELP);
  },
};

/** The course of master keys: the old ones stay, until somebody takes them off by name. */
export const courseOf = (settleMs: number): Course => ({
  list: MASTER_KEYS,
  paceOf: async () => ok({ listed: settleMs, first: null, alone: null }),
  whyNotMove: async () => null,
  whyNotBegin: ({ keys }) =>
    keys.length < MASTER_KEYS.most
      ? null
      : `There are ${keys.length} master keys, and there may be no more: take one off with --retire.`,
  retired: (key) => key,
  words: (place, id) =>
    place === 'listed'
      ? {
          will: `Make the master key ${id}, and have it accepted everywhere`,
          did: `The master key ${id} is accepted, and nothing is made under it: isolates that do not know it may be about.`,
        }
      : {
          will: `Make new keys under the master key ${id}`,
          did: `New keys are made under the master key ${id}. Those of before go on working while theirs is on the list.`,
        },
});

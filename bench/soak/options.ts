import { parseArgs } from 'node:util';
import type { SoakOptions } from './run.ts';

export interface Options extends Omit<SoakOptions, 'tell' | 'signal'> {
  readonly report: string;
  readonly help: boolean;
}

export const HELP = `Sends mixed traffic through Latchkey in plain workerd, while keys are issued, changed, rotated and revoked,
and holds every answer against a model of what may be.

  npm run soak
  npm run soak -- [--requests 1000000] [--keys 1000] [--users 100] [--seconds N] [--seed 1] [--report DIR]
                  [--isolates 3] [--connections 48] [--deeds 15]

  --requests     how many; it ends after them
  --keys         how many are living at a time, of all users together
  --users        how many; some of them have a limit that they run into
  --seconds      ends after so long at the latest
  --seed         what is drawn: who asks for what. When answers come, no seed decides
  --report       where soak.json and soak.md are written (default: soak-report, which Git ignores)
  --isolates     of one workerd, over the same Rings and KV
  --connections  that are kept alive, each with one request at a time
  --deeds        a second, that users and operators do at the Desk

Every answer is that of its own request and caller, none is a 5xx, nothing that was taken away is let in after its
effective_by, nothing good is refused, no window of a limit holds more than the limit. At the end Stytch has the clients of
the living keys and no others, each Ring's list is what it must be, Stytch was asked for no more tokens than promise 4 allows,
audit trails verify, and memory did not grow beyond the bound that the report names.

Ends with 0 if all of that is so; with 1 if not, and the report names each violation with seed, nonce and times; with 2 if it
was called wrongly. Ctrl-C ends it early, with a report of what was done until then. It wants Linux.
`;

/** The options, or what is wrong with them. */
export const readOptions = (): Options | string => {
  try {
    const { values } = parseArgs({
      options: {
        requests: { type: 'string', default: '1000000' },
        keys: { type: 'string', default: '1000' },
        users: { type: 'string', default: '100' },
        seconds: { type: 'string' },
        seed: { type: 'string', default: '1' },
        report: { type: 'string', default: 'soak-report' },
        isolates: { type: 'string', default: '3' },
        connections: { type: 'string', default: '48' },
        deeds: { type: 'string', default: '15' },
        help: { type: 'boolean', default: false },
      },
    });
    const bad = Object.entries(RANGES).find(([name, [least, most]]) => {
      const text = values[name as keyof typeof RANGES];
      return text !== undefined && !(/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most);
    });
    if (bad !== undefined) return `--${bad[0]} must be a whole number from ${bad[1][0]} to ${bad[1][1]}.`;
    return {
      requests: Number(values.requests),
      keys: Number(values.keys),
      users: Number(values.users),
      seconds: values.seconds === undefined ? null : Number(values.seconds),
      seed: Number(values.seed),
      isolates: Number(values.isolates),
      connections: Number(values.connections),
      deedsPerSecond: Number(values.deeds),
      report: values.report,
      help: values.help,
    };
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
};

const RANGES = {
  requests: [100, 100_000_000],
  keys: [10, 20_000],
  users: [4, 1_000],
  seconds: [1, 86_400],
  seed: [0, 999_999_999],
  isolates: [1, 16],
  connections: [1, 256],
  deeds: [1, 200],
} as const;

import { parseArgs } from 'node:util';

export interface Options {
  readonly credential: 'key' | 'token' | 'none';
  readonly seconds: number;
  readonly help: boolean;
}

export const HELP = `Says where the CPU of a warm request goes, by Linux's perf on workerd.

  npm run bench:profile
  npm run bench:profile -- [--credential key|token|none] [--seconds 10]

  --credential  an API key, an M2M access token of it, or nobody at a route with "auth: 'none'"
  --seconds     for how long, after 4 of warm-up

Two tables: where the process was, adding up to 100 %, and for each function of the Worker the share of it and of all that
it calls. What perf itself costs is in the figures: they are for shares, "npm run bench" is for microseconds.
It wants Linux, wrk and perf (Debian: apt-get install -y wrk linux-perf), and leave to use it (root, or perf_event_paranoid 1).
`;

/** The options, or what is wrong with them. */
export const readOptions = (args: readonly string[]): Options | string => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        credential: { type: 'string', default: 'key' },
        seconds: { type: 'string', default: '10' },
        help: { type: 'boolean', default: false },
      },
    });
    const { credential, help } = values;
    const seconds = /^[1-9]\d{0,2}$/.test(values.seconds) ? Number(values.seconds) : null;
    if (seconds === null) return '--seconds must be a whole number from 1 to 999.';
    if (credential !== 'key' && credential !== 'token' && credential !== 'none')
      return '--credential must be key, token or none.';
    return { credential, seconds, help };
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
};

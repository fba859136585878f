import { parseArgs } from 'node:util';
import type { Load } from './load.ts';

export interface Options extends Load {
  readonly json: boolean;
  readonly help: boolean;
}

/** What a month brings where nobody says. */
const USUAL = {
  requests: '100e6',
  keys: '10000',
  isolates: '3',
  'lease-seconds': '5',
  busy: '0.05',
  skew: '1',
  jwts: '0.2',
  refused: '0.02',
  'isolate-seconds': '1800',
  issued: '500',
  logs: '0',
  points: '0',
  'ring-ms': '5',
} as const;

type Name = keyof typeof USUAL | 'token-price';

export const HELP = `What a month costs, at Cloudflare's list prices (bench/cost/prices.ts), from the counters of npm run bench:counters.

  npm run cost
  npm run cost -- [--requests 100e6] [--keys 10000] [--json]

  --requests         in the month (${USUAL.requests})
  --keys             that are used, each of an owner of its own (${USUAL.keys})
  --isolates         that the requests of a key come to while it is used (${USUAL.isolates})
  --lease-seconds    leaseSeconds of the file (${USUAL['lease-seconds']})
  --busy             part of the month in which a key is used, 0 to 1 (${USUAL.busy}: 72 minutes a day)
  --skew             how unlike the keys are: 0 all alike, 1 the first has ten times as much as the tenth (${USUAL.skew})
  --jwts             part of the requests with an access token or a session (${USUAL.jwts})
  --refused          part of the requests with a made-up key (${USUAL.refused})
  --isolate-seconds  that an isolate lives, before a key is new to the next one (${USUAL['isolate-seconds']})
  --issued           keys made in the month; as many are revoked (${USUAL.issued})
  --logs             events kept in Workers Logs for each request: 0 off, 1 our line, 2 Cloudflare's own besides;
                     with log.sample about that share (${USUAL.logs})
  --points           of Analytics Engine for each request: 1 with the binding ANALYTICS (${USUAL.points})
  --ring-ms          that a Ring is at work for one call (${USUAL['ring-ms']})
  --token-price      dollars for a thousand tokens of Stytch, beyond the first thousand (not published)
  --json             JSON instead of tables

How often a Ring is asked: each isolate asks 1.7 / (leaseSeconds + 1/rate) times a second, rate being its requests a second
of the key, and never more often than it is asked itself (docs/leases.md). docs/cost.md says what is in the figures.
`;

/** What a number may be. */
interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole?: true;
}

const RANGES: Readonly<Record<Name, Range>> = {
  requests: { min: 1, max: 1e12, whole: true },
  keys: { min: 1, max: 1e8, whole: true },
  isolates: { min: 1, max: 10_000, whole: true },
  'lease-seconds': { min: 0, max: 3_600 },
  busy: { min: 0.0001, max: 1 },
  skew: { min: 0, max: 3 },
  jwts: { min: 0, max: 1 },
  refused: { min: 0, max: 1 },
  'isolate-seconds': { min: 1, max: 1e7 },
  issued: { min: 0, max: 1e8, whole: true },
  logs: { min: 0, max: 100 },
  points: { min: 0, max: 100 },
  'ring-ms': { min: 0, max: 60_000 },
  'token-price': { min: 0, max: 1e6 },
};

/** The options, or what is wrong with them. */
export const readOptions = (args: readonly string[]): Options | string => {
  try {
    const texts = Object.fromEntries(
      Object.entries(USUAL).map(([name, usual]) => [name, { type: 'string', default: usual }] as const),
    );
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...texts,
        'token-price': { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const said = values as Readonly<Record<string, string | boolean | undefined>>;
    const wrong = (Object.keys(RANGES) as Name[])
      .map((name) => problemOf(name, said[name]))
      .find((problem) => problem);
    if (wrong) return wrong;
    const number = (name: Name): number => Number(said[name]);
    return {
      requests: number('requests'),
      keys: number('keys'),
      isolates: number('isolates'),
      leaseSeconds: number('lease-seconds'),
      busy: number('busy'),
      skew: number('skew'),
      jwts: number('jwts'),
      refused: number('refused'),
      isolateSeconds: number('isolate-seconds'),
      issued: number('issued'),
      logs: number('logs'),
      points: number('points'),
      ringMs: number('ring-ms'),
      tokenPrice: said['token-price'] === undefined ? null : number('token-price'),
      ...{ json: said.json === true, help: said.help === true },
    };
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
};

const problemOf = (name: Name, said: string | boolean | undefined): string | null => {
  if (said === undefined) return null;
  const { min, max, whole } = RANGES[name];
  const value = said === '' ? Number.NaN : Number(said);
  const isGood = value >= min && value <= max && (whole !== true || Number.isInteger(value));
  return isGood ? null : `--${name} must be a ${whole === true ? 'whole ' : ''}number from ${min} to ${max}.`;
};

/** What a month brings, and how it is spread. */
export interface Load {
  /** Requests in a month. */
  readonly requests: number;
  /** Keys that are used, each of an owner of its own. */
  readonly keys: number;
  /** Isolates that the requests of one key come to, each to a like part. */
  readonly isolates: number;
  readonly leaseSeconds: number;
  /** Part of the month in which a key is used at all: the hours of its script. */
  readonly busy: number;
  /** How unlike the keys are: 0 for all alike, 1 for the first ten times the tenth. */
  readonly skew: number;
  /** Part of the requests that present no key but an access token or a session; they need no exchange. */
  readonly jwts: number;
  /** Part of the requests that are refused before anything is asked. */
  readonly refused: number;
  /** How long an isolate lives, in seconds: after it, a key is new to the next one. */
  readonly isolateSeconds: number;
  /** Keys made in a month; as many are revoked. */
  readonly issued: number;
  /** Log events for each request that are kept: 0 with Workers Logs off, 1 with our line, 2 with Cloudflare's own besides. */
  readonly logs: number;
  /** Points of Analytics Engine for each request: 1 where it is bound. */
  readonly points: number;
  /** How long a Ring is at work for one ask, in milliseconds: its wait for the disk among it. */
  readonly ringMs: number;
  /** Dollars for a thousand tokens of Stytch; null where nobody said. */
  readonly tokenPrice: number | null;
}

export const MONTH_SECONDS = 30 * 86_400;

/** A token lives an hour, and is replaced in its last five minutes. */
const TOKEN_SECONDS = 3_300;

/** That a key was used is written down again after so long. */
const MARK_SECONDS = 60;

/** How often each path is gone in a month. */
export interface Paths {
  /** Requests that are let in, and those that are refused from memory. */
  readonly served: number;
  readonly refused: number;
  /** Calls to Rings: renewals and waits. */
  readonly asks: number;
  /** Of the asks, those of an isolate that had not seen the key: KV is read too. */
  readonly cold: number;
  /** Asks that write down besides that the key was used: at most once a minute for each key. */
  readonly seldom: number;
  readonly exchanges: number;
  readonly issued: number;
}

/**
 * An isolate that has λ requests a second of a key asks the Ring 1 / (L + 1/λ) times a second : once for each lease that
 * somebody uses. `bench/simulate` measures up to 1.7 times that: `ASKS_FACTOR`.
 */
export const asksPerSecond = (rate: number, leaseSeconds: number): number =>
  rate === 0 ? 0 : Math.min(rate, ASKS_FACTOR / (leaseSeconds + 1 / rate));

/** What was simulated at light load stays under this many times the formula (docs/leases.md, "Measured"). */
const ASKS_FACTOR = 1.7;

/** How often each path is gone. A key's requests fall into its busy time; in it they are spread evenly. */
export const pathsOf = (load: Load): Paths => {
  const served = load.requests * (1 - load.refused);
  const weights = weightsOf(load.keys, load.skew);
  const busySeconds = MONTH_SECONDS * load.busy;
  let [asks, cold, seldom, exchanges] = [0, 0, 0, 0];
  for (const [weight, keys] of weights) {
    const rate = (served * weight) / busySeconds / load.isolates;
    asks += keys * load.isolates * busySeconds * asksPerSecond(rate, load.leaseSeconds);
    const keyed = rate * (1 - load.jwts);
    cold += keys * load.isolates * busySeconds * oncePer(load.isolateSeconds, keyed);
    seldom += keys * busySeconds * oncePer(MARK_SECONDS, rate * load.isolates);
    exchanges += keys * busySeconds * oncePer(TOKEN_SECONDS, keyed * load.isolates);
  }
  return { served, refused: load.requests - served, asks, cold, seldom, exchanges, issued: load.issued };
};

/** How often a second something happens that is due with the first request after so many seconds. */
const oncePer = (seconds: number, rate: number): number => (rate === 0 ? 0 : 1 / (seconds + 1 / rate));

/** Parts of the load, with how many keys have so much: ten thousand keys are summed up in some hundred groups. */
const weightsOf = (keys: number, skew: number): readonly (readonly [weight: number, keys: number])[] => {
  const groups: (readonly [number, number])[] = [];
  for (let first = 1; first <= keys; ) {
    const last = Math.min(keys, Math.max(first, Math.floor(first * GROUP)));
    const mean = ((first + last) / 2) ** -skew;
    groups.push([mean, last - first + 1]);
    first = last + 1;
  }
  const sum = groups.reduce((total, [weight, count]) => total + weight * count, 0);
  return groups.map(([weight, count]) => [weight / sum, count]);
};

const GROUP = 1.05;

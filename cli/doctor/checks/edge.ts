import type { Check } from './check.ts';

/** The deployment from outside, before the probe looks at it closely. */
export const EDGE = {
  'EDGE-01': {
    says: 'Latchkey answers at each API host',
    advice:
      'See that it is deployed there: `npm run latchkey -- deploy`, DNS, and the routes (Cloudflare dashboard, the Worker, "Domains & Routes"). Where the line says misconfigured, it names the settings and secrets.',
  },
  'EDGE-02': {
    says: 'Latchkey answers at the Desk host',
    advice:
      'The Desk needs a route and a name of its own, as hosts.desk (or DESK_HOST) has it: "Domains & Routes" of the Worker.',
  },
  'EDGE-03': {
    says: 'what is deployed has the Desk of this configuration',
    advice:
      'Another version is deployed, or another environment: `npm run latchkey -- deploy`, with the same --env.',
  },
  'EDGE-04': {
    says: 'what is deployed signs with the assertion key of this machine',
    advice:
      'The file of secrets and Cloudflare have different ASSERTION_JWKS. Do not write over either before you know which is right: `npm run latchkey -- rotate-assertion --help`.',
  },
  'EDGE-05': {
    says: "this machine's clock and the edge's agree",
    advice: 'Set this machine by NTP. If it serves Latchkey itself: keys expire and tokens begin by it.',
  },
  'EDGE-06': {
    says: 'a path that needs a credential asks for one',
    advice:
      'Requests go past the Gate, or other routes are deployed. `npm run latchkey -- deploy`; then see who answers: a route of the zone that is set to "Fail open", a cache rule, another Worker.',
  },
} as const satisfies Readonly<Record<string, Check>>;

/** What the probe looks at closely has names of its own (cli/probe/checks). */
export const CLOSELY = {
  'PROBE-01': {
    says: 'the probe could look at every API host and origin',
    advice: 'The line has why not. `npm run latchkey -- probe --help` looks at one alone.',
  },
} as const satisfies Readonly<Record<string, Check>>;

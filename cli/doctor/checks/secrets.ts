import type { Check } from './check.ts';

/** What the Worker must not tell. */
export const SECRETS = {
  'SECRET-01': {
    says: 'the file of secrets on this machine can be read',
    advice: 'It is one JSON object of texts. From a copy of yours: Cloudflare shows no secret that it holds.',
  },
  'SECRET-02': {
    says: 'nobody else on this machine can read it',
    advice: 'chmod 600 the file.',
    warns: true,
  },
  'SECRET-03': {
    says: 'each secret in it is whole',
    advice:
      'Each line names a secret. `npm run latchkey -- init` makes what is missing of our own; STYTCH_SECRET is in Stytch\'s dashboard, under "API keys".',
  },
  'SECRET-04': {
    says: 'none is one of `npm run dev`',
    advice:
      "Whoever had a look at a developer's folder makes keys and assertions that are good here. Before the first key is made: take LATCHKEY_MASTER_KEYS and ASSERTION_JWKS out of the file and run `npm run latchkey -- init`. Later: `npm run latchkey -- rotate-master` and `rotate-assertion`.",
  },
  'SECRET-05': {
    says: "none is another environment's",
    advice:
      'A key of one environment would pass the tag of the other, an assertion the origin. `npm run latchkey -- rotate-master` and `rotate-assertion` in one of the two.',
  },
  'SECRET-06': {
    says: 'Cloudflare holds each secret that the Worker needs',
    advice:
      '`npm run latchkey -- setup` puts what is missing; or `npx wrangler secret put NAME --env ENVIRONMENT`.',
  },
  'SECRET-07': {
    says: 'Stytch can tell who was deleted there',
    advice:
      'Without STYTCH_WEBHOOK_SECRET the keys of a deleted user live until the daily reconciliation. docs/operations.md, "What Stytch tells".',
    warns: true,
  },
} as const satisfies Readonly<Record<string, Check>>;

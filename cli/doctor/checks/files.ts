import type { Check } from './check.ts';

/** The operator's files. */
export const FILES = {
  'CONFIG-01': {
    says: 'latchkey.config.ts can be loaded',
    advice: 'Mend what the error names; `npm run latchkey -- init` writes a new file.',
  },
  'CONFIG-02': {
    says: 'its settings are whole, with the variables of wrangler.toml over them',
    advice:
      'Each line names a setting or a variable: docs/configuration.md. The Worker serves nothing until there is none left.',
  },
  'CONFIG-03': {
    says: 'nothing is set that is allowed and probably not meant',
    advice: 'See whether it is meant: docs/configuration.md.',
    warns: true,
  },
  'CONFIG-04': {
    says: 'the Worker can reach its origins and Stytch from Cloudflare',
    advice:
      'Cloudflare reaches no address of this machine: name public ones, by origin.url or ORIGIN_URL, and take STYTCH_API_URL out of [vars].',
  },
  'CONFIG-05': {
    says: 'nothing is left of an example or a rehearsal',
    advice:
      "Set STYTCH_PROJECT_ID to your project's id (Stytch's dashboard, Project settings), hosts and origin to your own, and take CLOCK_OFFSET_SECONDS out of [vars].",
  },
  'CONFIG-06': {
    says: "the environment's name and the Stytch project go together",
    advice:
      'Set STYTCH_PROJECT_ID under [env.NAME.vars] in wrangler.toml: project-live-… for production, project-test-… for the others.',
    warns: true,
  },
  'WRANGLER-01': {
    says: 'wrangler reads wrangler.toml, and the environment is in it',
    advice: 'Mend what wrangler names; `npm run latchkey -- init` writes a new file.',
  },
  'WRANGLER-02': {
    says: 'all bindings are there, each of its kind',
    advice:
      'Put the sections back as the wrangler.toml of the repository has them. No environment inherits them: each needs its own, as [[env.NAME.kv_namespaces]].',
  },
  'WRANGLER-03': {
    says: 'VAULT is a KV namespace of your account',
    advice: '`npm run latchkey -- setup` makes one and writes its id.',
  },
  'WRANGLER-04': {
    says: 'the migrations make KeyRing and Lobby, with SQLite, and end neither',
    advice:
      'Put the [[migrations]] back as the repository has them. Never delete, rename or transfer these classes: all keys are in them.',
  },
  'WRANGLER-05': {
    says: 'what Stytch has and what the Rings know are compared each day',
    advice: 'Put back: [triggers] crons = ["23 3 * * *"]',
  },
  'WRANGLER-06': {
    says: 'the runtime is the one that Latchkey was tested with',
    advice:
      'Put compatibility_date and compatibility_flags back as the wrangler.toml of the repository has them.',
  },
  'WRANGLER-07': {
    says: 'there is no other door than the hosts: no workers.dev, no previews',
    advice:
      'workers_dev = false and preview_urls = false, in each environment, and no previews_enabled of a custom domain.',
  },
  'WRANGLER-08': {
    says: 'no cache answers in place of the Gate',
    advice: 'Take `cache` out of wrangler.toml, at the top and under exports.',
  },
  'WRANGLER-09': {
    says: "the routes are the hosts of latchkey.config.ts, whole, and nobody else's",
    advice:
      'For each host one entry of `routes`: { pattern = "api.acme.com", custom_domain = true }, or where the zone\'s own origin stays behind it { pattern = "api.acme.com/*", zone_name = "acme.com" }.',
  },
  'WRANGLER-10': {
    says: 'no route of a zone goes round the Worker when it is over its limit',
    advice:
      'On the Free plan, past the day\'s requests, a zone route set to "Fail open" sends all to the origin unasked. Cloudflare dashboard, the zone, Workers Routes, Edit: "Fail closed (block)". A custom domain has nothing behind it, and cannot.',
    warns: true,
  },
  'WRANGLER-11': {
    says: 'no file is served without the Gate',
    advice: 'Take [assets] and [site] out of wrangler.toml: what they name is served before the Worker.',
  },
  'WRANGLER-12': {
    says: 'no secret stands in [vars]',
    advice:
      'Whoever reads the file or the dashboard reads it. Take it out, make a new one, and put that with `npx wrangler secret put NAME --env ENVIRONMENT`.',
  },
  'WRANGLER-13': {
    says: 'the log is kept',
    advice:
      'Put back: [observability] enabled = true, and the same for its logs. Without them nobody knows why a request was refused.',
    warns: true,
  },
  'WRANGLER-14': {
    says: 'the bundle is small, and traces of it can be read',
    advice: 'Put back: minify = true, keep_names = false, upload_source_maps = true.',
    warns: true,
  },
  'WRANGLER-15': {
    says: 'no two environments have anything in common that is to be its own',
    advice:
      'What one writes, the other reads, or takes for an orphan and deletes at Stytch. Give each its own: docs/environments.md.',
  },
} as const satisfies Readonly<Record<string, Check>>;

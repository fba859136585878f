import { DEFAULTS } from './options.ts';

export const HELP = `Runs Latchkey on this machine: the bundle that Cloudflare would get, under plain workerd, with KV and Durable Objects on disk.

  npm run serve -- [--listen ${DEFAULTS.listen}] [--state ${DEFAULTS.state}] [--secrets FILE]
                   [--tls-cert FILE --tls-key FILE | --proxy RANGE,…] [--ca FILE] [--drain ${DEFAULTS.drain}] [--env NAME] [--check [--json]]

  --listen    an address of this machine and a port: 0.0.0.0:8787, [::]:443
  --state     the folder for KV and the Durable Objects, on a disk of this machine. One folder is for one server
  --secrets   a JSON object of them (0600); without it .latchkey/secrets.NAME.json, if it is there
  --tls-cert, --tls-key
              PEM files: the server has TLS itself. Read at the start
  --proxy     addresses, or ranges of them, of what has TLS before this server. It then answers nobody else, and takes
              the client's address from CF-Connecting-IP and the scheme from X-Forwarded-Proto, which the proxy must set.
              Without --proxy neither is believed, and the client is whoever connects
  --ca        PEM file of an authority whose certificates are taken at the origin; may be given again
  --drain     how many seconds requests have to end when the server does
  --env       whose [vars] of wrangler.toml; without it production, '' is the top level
  --check     judges all of this, starts nothing
  --json      what --check found, as one JSON document

Settings are latchkey.config.ts with [vars] of wrangler.toml over it, and over both the variables of the environment of the
same names (STYTCH_PROJECT_ID, API_HOSTS, DESK_HOST, ORIGIN_URL, OPERATORS, LOGIN_URL, DESK_ORIGINS). Secrets in the environment
(STYTCH_SECRET, LATCHKEY_MASTER_KEYS, ASSERTION_JWKS, STYTCH_WEBHOOK_SECRET, EVENTS_SECRET, DECISION_SECRET) come before those
of the file.

SIGTERM lets requests end, a second one does not. A workerd that dies is started again. The log is on stdout, what the server
itself has to say on stderr. It ends with 0 when it was told to, with 1 when it cannot run, with 2 if it was called wrongly.
docs/self-hosting.md has the rest.`;

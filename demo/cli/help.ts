import { DEFAULT_API } from './args.ts';

const API = `  --api URL           the API, default ${DEFAULT_API}`;
const SAME_API = '  --api URL           the API; must be the one that is logged in to';

const EXIT_CODES = `The exit code is 0 when it did what it should, 1 when it could not, 2 when it was called wrongly, 3 when
nobody is logged in, and 130 after Ctrl-C.`;

const ALL = `Acme's command line.

  npm run cli -- login     let this machine in, with your browser
  npm run cli -- whoami    who you are to the API
  npm run cli -- call      ask the API something
  npm run cli -- status    whether this machine is let in, without asking anybody
  npm run cli -- logout    end this machine's key

  --help after any of them says more. ${EXIT_CODES}
`;

/** What `--help` says, by command. */
export const HELP = {
  all: ALL,
  login: `Lets this machine in: shows a code, and waits until you have approved it in a browser, on any machine.

  npm run cli -- login [--api URL] [--device-name NAME] [--scope SCOPES]

${API}
  --device-name NAME  how you will know its key in your list of keys, default this machine's name
  --scope SCOPES      what it may do, separated by spaces; default all that the API gives to this command line

The key is kept in acme-cli/credentials.json of $XDG_CONFIG_HOME or ~/.config, for you alone.
${EXIT_CODES}
`,
  whoami: `Tells who you are to the API, and by which key.

  npm run cli -- whoami [--api URL]

${SAME_API}

${EXIT_CODES}
`,
  call: `Asks the API: the status goes to stderr, the body to stdout.

  npm run cli -- call PATH [-X METHOD] [-d BODY] [--api URL]

  PATH                such as /v1/items/1, with its query
  -X, --request       the method; default GET, with a body POST
  -d, --data BODY     sent as JSON; - reads it from stdin
${SAME_API}

A status of 400 or more ends with 1. ${EXIT_CODES}
`,
  status: `Tells whether this machine is logged in, and as which key, from its file alone. The key is not shown.

  npm run cli -- status [--api URL]

${SAME_API}

${EXIT_CODES}
`,
  logout: `Ends this machine's key, then forgets it. If the key cannot be ended, it is kept, and you are told why.

  npm run cli -- logout [--force] [--api URL]

  --force             forget it all the same: the key then lives until you revoke it in your list of keys
${SAME_API}

${EXIT_CODES}
`,
} as const;

import type { Answers } from './answers.ts';

/** Lines are no longer than this, as the project's formatter has it. */
const WIDTH = 110;

/** `latchkey.config.ts` as `init` writes it: what was answered, and an example of all else that one needs at first. */
export const settingsText = (answers: Answers): string => {
  const { vertical, projectId, brand, originUrl, originId } = answers;
  const environment = projectId.startsWith('project-live-') ? 'live' : 'test';
  const role = vertical === 'b2b' ? 'stytch_member' : 'stytch_user';
  const who = vertical === 'b2b' ? 'member' : 'user';
  return `import { defineConfig } from './src/config.ts';

/**
 * What Latchkey does for ${brand}. \`npm run dev\` runs it on this machine, \`npm run latchkey -- deploy\` puts it on
 * Cloudflare; every setting is in docs/configuration.md. The Worker checks the whole file when it starts, tells all
 * problems at once and serves nothing until there are none. No secret belongs here.
 */
export default defineConfig({
  // First word of every key: ${brand}_${environment}_…. After a rename, list the old one in \`formerBrands\`: its keys stay good.
  brand: ${quoted(brand)},

  // Project, hosts and the origin's URL are those of an environment: its [vars] in wrangler.toml go over these.
  stytch: { projectId: ${quoted(projectId)}, vertical: ${quoted(vertical)} },
  ${hosts(answers)}
  // \`id\` is the audience of the assertion that your origin checks: docs/origins.md.
  origin: { url: ${quoted(originUrl)}, id: ${quoted(originId)} },

  // Who may manage everybody's keys: M2M clients of your own backend, made at Stytch with the scope latchkey:admin, and
  // people, for the pages: ['m2m-client-${environment}-…', '${who}-${environment}-…']. docs/operators.md.
  operators: [],

  // Where your users sign in, in your app: \`portal: { loginUrl: 'https://app.example.com/login' }\`.

  // What a key can be allowed. With \`selfService: false\`, users cannot give it to their keys themselves.
  scopes: {
    'items:read': { title: 'Read items' },
    'items:write': { title: 'Change items' },
  },

  // Which of these a ${who} may give to a key, by Stytch role. \`${role}\` is every ${who}'s.
  roles: { ${role}: ['items:read', 'items:write'] },

  // Per owner, over all of the owner's keys, exact and worldwide.
  limits: { default: { requests: 600, perSeconds: 60 }, keysPerUser: 20 },

  // What is served; any other path is 404. The most specific pattern decides, whatever the order here.
  routes: [
    { path: '/v1/items/**', methods: ['GET'], scopes: ['items:read'] },
    { path: '/v1/items/**', methods: ['POST', 'PUT', 'PATCH', 'DELETE'], scopes: ['items:write'], cost: 5 },
  ],
});
`;
};

/** A text as it stands in the file. */
export const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, '\\$&')}'`;

const hosts = ({ apiHosts, deskHost }: Answers): string => {
  const api = apiHosts.map(quoted);
  const one = `hosts: { api: [${api.join(', ')}], desk: ${quoted(deskHost)} },`;
  if (one.length + 2 <= WIDTH) return one;
  const list = `api: [${api.join(', ')}],`;
  const lines =
    list.length + 4 <= WIDTH
      ? [`    ${list}`]
      : ['    api: [', ...api.map((host) => `      ${host},`), '    ],'];
  return ['hosts: {', ...lines, `    desk: ${quoted(deskHost)},`, '  },'].join('\n');
};

/** One import: both ends as paths from the root, or a package's name as `to`. */
export interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

/** A direction that imports must keep. */
export interface Rule {
  readonly name: string;
  readonly says: string;
  readonly forbids: (one: Import) => boolean;
}

/**
 * The rooms of src/ and the rooms each may import besides itself (DESIGN.md section 11). Imports point inward; whoever
 * may import a room may also import what lies further in. A new arrow needs a page in docs/decisions/.
 */
const INWARD: Readonly<Record<string, readonly string[]>> = {
  worker: ['entry', 'assemble', 'ring'],
  entry: ['assemble', 'ring'],
  assemble: ['app', 'gate', 'desk', 'portal', 'http', 'ring', 'store', 'stytch', 'webhooks', 'runtime'],
  runtime: [],
  app: ['gate', 'desk', 'portal', 'http'],
  gate: ['http'],
  desk: ['http', 'webhooks'],
  portal: ['http'],
  http: [],
  ring: [],
  store: [],
  stytch: [],
  webhooks: [],
  config: [],
  log: [],
  model: [],
  origin: [],
  client: ['desk'],
};

/** Leaves that every room but origin may import. */
const FOR_ALL = ['model', 'config', 'log'];

/** Who may import the code of config, not only its types. */
const READS_CONFIG = ['assemble', 'config'];

/** The rules in the order they are asked: the first that forbids an import is the one that is named. */
export const RULES: readonly Rule[] = [
  {
    name: 'production-only',
    says: 'src imports nothing of cli, emulator, demo, bench, test, tools',
    forbids: ({ from, to }) => inside('src', from) && /^(cli|emulator|demo|bench|test|tools)\//.test(to),
  },
  {
    name: 'emulator-alone',
    says: 'emulator imports nothing of ours outside emulator',
    forbids: ({ from, to }) => inside('emulator', from) && isOurs(to) && !inside('emulator', to),
  },
  {
    name: 'origin-alone',
    says: 'src/origin imports nothing of ours outside src/origin, and no other room imports it',
    forbids: ({ from, to }) =>
      inside('src', from) && isOurs(to) && (roomOf(from) === 'origin') !== (roomOf(to) === 'origin'),
  },
  {
    name: 'client-types',
    says: 'src/client imports types of desk and nothing else of ours, and no other room imports it',
    forbids: ({ from, to, typeOnly }) =>
      inside('src', from) &&
      isOurs(to) &&
      (roomOf(from) === 'client'
        ? roomOf(to) !== 'client' && !(roomOf(to) === 'desk' && typeOnly)
        : roomOf(to) === 'client'),
  },
  {
    name: 'bindings',
    says: 'cloudflare:workers is imported only by src/assemble and src/ring',
    forbids: ({ from, to }) =>
      inside('src', from) &&
      to === 'cloudflare:workers' &&
      !['assemble', 'ring'].includes(roomOf(from) ?? ''),
  },
  {
    name: 'zod-by-us',
    says: 'src imports zod by src/model/zod.ts, which has it speak English; others its types alone',
    forbids: ({ from, to, typeOnly }) =>
      inside('src', from) && to.startsWith('package:zod') && !typeOnly && from !== 'src/model/zod.ts',
  },
  {
    name: 'ports-not-stores',
    says: 'gate, desk, portal and http know ports: they never import ring, store, stytch',
    forbids: ({ from, to }) =>
      ['gate', 'desk', 'portal', 'http'].includes(roomOf(from) ?? '') &&
      ['ring', 'store', 'stytch'].includes(roomOf(to) ?? ''),
  },
  {
    name: 'config-types',
    says: `only ${READS_CONFIG.join(' and ')} import the code of src/config; every other room imports its types`,
    forbids: ({ from, to, typeOnly }) =>
      inside('src', from) &&
      roomOf(to) === 'config' &&
      !typeOnly &&
      !READS_CONFIG.includes(roomOf(from) ?? ''),
  },
  {
    name: 'inward',
    says:
      'worker → entry → assemble → app → gate, desk, portal → http → model; ' +
      'assemble → ring, store, stytch → model; desk, assemble → webhooks → model',
    forbids: ({ from, to }) =>
      inside('src', from) && inside('src', to) && isKnown(from) && !pointsInward(roomOf(from), roomOf(to)),
  },
];

/** The room of a file of src: the folder's name, or the file's own for those at the top; undefined elsewhere. */
export const roomOf = (path: string): string | undefined =>
  /^src\/([^/]+?)(?:\.tsx?)?(?:\/|$)/.exec(path)?.[1];

/** Whether the table says what a file may import; files outside src are none of its business. */
export const isKnown = (path: string): boolean =>
  !inside('src', path) || Object.hasOwn(INWARD, roomOf(path) ?? '');

/** Nobody may import a room that the table does not have. */
const pointsInward = (from = '', to = ''): boolean =>
  Object.hasOwn(INWARD, to) && (from === to || FOR_ALL.includes(to) || (INWARD[from]?.includes(to) ?? false));

const inside = (folder: string, path: string): boolean => path.startsWith(`${folder}/`);

/** Paths from the root begin with a folder or are files; packages were left as `package:…` and `cloudflare:…`. */
const isOurs = (to: string): boolean => !/^[a-z]+:/.test(to);

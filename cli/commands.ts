import type { Entry } from './command.ts';

/** All commands, in the order in which an operator comes to need them. */
export const COMMANDS: readonly Entry[] = [
  {
    name: 'keys import',
    says: 'Makes M2M clients that Stytch has already keys of your users',
    load: async () => (await import('./keys/import/index.ts')).keysImport,
  },
];

import type { Entry } from './command.ts';

/** All commands, in the order in which an operator comes to need them. */
export const COMMANDS: readonly Entry[] = [
  {
    name: 'init',
    says: 'Makes this clone yours: settings, hosts, keys',
    load: async () => (await import('./init/index.ts')).init,
  },
  {
    name: 'setup',
    says: 'Makes at Cloudflare and Stytch what it needs: namespace, secrets, claims template',
    load: async () => (await import('./setup/index.ts')).setup,
  },
  {
    name: 'deploy',
    says: 'Checks, and puts it on Cloudflare',
    load: async () => (await import('./deploy/index.ts')).deploy,
  },
  {
    name: 'doctor',
    says: 'Looks at everything between your files and what runs, and says what to do',
    load: async () => (await import('./doctor/index.ts')).doctor,
  },
  {
    name: 'probe',
    says: 'Looks at a deployment from outside, as whoever wants to get past it does',
    load: async () => (await import('./probe/index.ts')).probeCommand,
  },
  {
    name: 'keys list',
    says: 'Lists the keys of a user, a member or an organisation',
    load: async () => (await import('./keys/list.ts')).keysList,
  },
  {
    name: 'keys issue',
    says: 'Makes a key for one of them, and shows it once',
    load: async () => (await import('./keys/issue.ts')).keysIssue,
  },
  {
    name: 'keys revoke',
    says: 'Revokes a key, or all keys of an owner',
    load: async () => (await import('./keys/revoke.ts')).keysRevoke,
  },
  {
    name: 'keys import',
    says: 'Makes M2M clients that Stytch has already keys of your users',
    load: async () => (await import('./keys/import/index.ts')).keysImport,
  },
  {
    name: 'rotate-master',
    says: 'Puts a new master key in the place of the one that keys are made under',
    load: async () => (await import('./rotate/master.ts')).rotateMaster,
  },
  {
    name: 'rotate-assertion',
    says: 'Puts a new key in the place of the one that signs assertions',
    load: async () => (await import('./rotate/assertion.ts')).rotateAssertion,
  },
  {
    name: 'audit list',
    says: 'Lists who did what to the keys of an owner',
    load: async () => (await import('./audit/list.ts')).auditList,
  },
  {
    name: 'audit export',
    says: 'Exports all that is kept of an owner, the audit trail with it',
    load: async () => (await import('./audit/export.ts')).auditExport,
  },
  {
    name: 'audit verify',
    says: 'Verifies the audit trail of an export, on this machine alone',
    load: async () => (await import('./audit/verify.ts')).auditVerify,
  },
  {
    name: 'reconcile',
    says: 'Compares what Stytch has and what the Rings know, and follows it to its end',
    load: async () => (await import('./reconcile.ts')).reconcile,
  },
  {
    name: 'backup',
    says: 'Exports all owners into a folder',
    load: async () => (await import('./backup/index.ts')).backup,
  },
  {
    name: 'restore',
    says: 'Makes Rings that were lost again, from exports',
    load: async () => (await import('./restore/index.ts')).restore,
  },
  {
    name: 'serve',
    says: 'Runs Latchkey on a machine of your own, without Cloudflare',
    load: async () => (await import('./serve/index.ts')).serveCommand,
  },
  {
    name: 'serve backup',
    says: 'Copies the keys of such a server while it runs',
    load: async () => (await import('./serve/backup.ts')).backupCommand,
  },
];

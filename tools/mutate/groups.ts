/** The pure modules that decide, by what they decide about. `npm run mutate -- NAME…` takes these names. */
export const GROUPS = {
  path: ['src/model/path.ts', 'src/gate/target.ts'],
  headers: ['src/gate/forward/headers.ts'],
  credential: ['src/model/key.ts', 'src/model/base62.ts', 'src/model/credential.ts', 'src/gate/extract.ts'],
  token: ['src/model/token.ts', 'src/stytch/token.ts', 'src/stytch/session-claim.ts'],
  scopes: ['src/model/scope.ts', 'src/gate/authorize.ts'],
  policy: ['src/model/policy.ts', 'src/model/pattern.ts'],
  vault: ['src/model/seal.ts', 'src/model/fingerprint.ts', 'src/model/bytes.ts', 'src/store/vault.ts'],
  meter: [
    ...['meter', 'meter-accounts', 'meter-belated', 'meter-lease', 'meter-reading', 'meter-tally', 'book'],
    ...['lease-call', 'lease-fields', 'lease-log', 'lease-past', 'lease-purse'],
    ...['lease-rate', 'lease-refusal', 'lease-wire'],
  ].map((name) => `src/model/${name}.ts`),
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Group = keyof typeof GROUPS;

/** All names, in the order in which they are told. */
export const NAMES = Object.keys(GROUPS) as readonly Group[];

export const isGroup = (name: string): name is Group => Object.hasOwn(GROUPS, name);

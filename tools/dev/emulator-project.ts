/** The one Stytch project that the emulator has. Its secrets are none: they stand in emulator/wrangler.toml. */
export interface EmulatorProject {
  readonly projectId: string;
  readonly projectSecret: string;
  /** What signs its webhooks. */
  readonly webhookSecret: string;
}

/** Reads it. Imported only here and now: it takes the whole of wrangler, a second on a slow machine. */
export const emulatorProject = async (): Promise<EmulatorProject> => {
  const { variablesOf } = await import('../serve/variables.ts');
  const variables = variablesOf('emulator/wrangler.toml');
  const { PROJECT_ID = '', PROJECT_SECRET = '', WEBHOOK_SECRET = '' } = variables;
  return { projectId: PROJECT_ID, projectSecret: PROJECT_SECRET, webhookSecret: WEBHOOK_SECRET };
};

/** The M2M client that the emulator is born with: an operator of this Latchkey. No secret either. */
export const OPERATOR = {
  clientId: 'm2m-client-test-0e0e0e0e-0000-4000-8000-000000000001',
  clientSecret: 'copper-kettle-quiet-lantern',
};

/** People whom the emulator is born with: a user like any other, and one to whom the operators' pages are open. */
export const ADA = {
  ...{ email: 'ada@example.com', password: 'correct horse battery staple' },
  userId: 'user-test-ada00000-0000-4000-8000-000000000001',
};
export const GRACE = {
  ...{ email: 'grace@example.com', password: 'tin whistle copper kettle' },
  userId: 'user-test-9ace0000-0000-4000-8000-000000000002',
};

/** A member of an organization, who administers it: who there is where a project has members and no users. */
export const LIN = {
  ...{ email: 'lin@example.com', password: 'quiet lantern paper boat' },
  ...{ memberId: 'member-test-3e3be000-0000-4000-8000-000000000004', organization: 'example' },
  organizationId: 'organization-test-0a900000-0000-4000-8000-000000000003',
};

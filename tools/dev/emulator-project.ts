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

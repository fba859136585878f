/** The one Stytch project that the emulator has. Its secret is no secret: it stands in emulator/wrangler.toml. */
export interface EmulatorProject {
  readonly projectId: string;
  readonly projectSecret: string;
}

/** Reads it. Imported only here and now: it takes the whole of wrangler, a second on a slow machine. */
export const emulatorProject = async (): Promise<EmulatorProject> => {
  const { variablesOf } = await import('../serve/variables.ts');
  const { PROJECT_ID = '', PROJECT_SECRET = '' } = variablesOf('emulator/wrangler.toml');
  return { projectId: PROJECT_ID, projectSecret: PROJECT_SECRET };
};

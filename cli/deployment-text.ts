import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Unstable_Config } from 'wrangler';
import type { Result } from '../src/model/refusal.ts';
import { DEPLOYMENT_FILE, readDeployment } from './project.ts';

/** What wrangler makes of a text, before it is kept. */
export const readDeploymentText = async (
  text: string,
  environment: string | null,
): Promise<Result<Unstable_Config, string>> => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-toml-'));
  try {
    writeFileSync(join(folder, DEPLOYMENT_FILE), text);
    return await readDeployment(folder, environment);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

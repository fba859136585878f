import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import { whyNot } from '../cloudflare.ts';
import { environmentArgs } from '../project.ts';
import type { Wrangler } from '../wrangler.ts';

/** With this a request goes on to the origin when the Worker throws: past the Gate (DESIGN.md section 12, "A bug"). */
const FAIL_OPEN = 'passThroughOnException';

/** Has wrangler build what it would deploy, and looks into it. The answer is how large it is, in wrangler's words. */
export const build = async (
  wrangler: Wrangler,
  environment: string | null,
): Promise<Result<string, string>> => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-build-'));
  try {
    const call = ['deploy', '--dry-run', '--outdir', folder, ...environmentArgs(environment)];
    const ran = await wrangler(call);
    if (ran.code !== 0) return err(whyNot('deploy --dry-run', ran));
    const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'));
    if (scripts.length === 0) return err('wrangler deploy --dry-run built nothing');
    const open = scripts.some((name) => readFileSync(join(folder, name), 'utf8').includes(FAIL_OPEN));
    return open
      ? err(`The bundle has ${FAIL_OPEN} in it: on a fault, requests would go past the Gate. Take it out.`)
      : ok(/^Total Upload: .*$/m.exec(ran.stdout)?.[0] ?? 'built');
  } finally {
    rmSync(folder, { recursive: true });
  }
};

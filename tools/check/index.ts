import { parseArgs } from 'node:util';
import { checkAdvisories } from './advisories.ts';
import { checkBundle } from './bundle.ts';
import { checkCommands } from './commands.ts';
import { checkCommitted } from './committed.ts';
import { checkDeployment } from './deployment.ts';
import { checkDocs } from './docs.ts';
import { checkHistory } from './history.ts';
import { checkImports } from './imports.ts';
import { checkLinks } from './links.ts';
import { checkLockfile } from './lockfile.ts';
import { checkNamedTests } from './named-tests.ts';
import { checkPackages } from './packages.ts';
import { tool } from './project.ts';
import { checkSbom } from './sbom.ts';
import { checkScript } from './script.ts';
import type { Outcome, Step } from './step.ts';

const ran = async (packageName: string, command: string, ...args: readonly string[]): Promise<Outcome> => {
  const { code, output } = await tool(packageName, command, ...args);
  return { ok: code === 0, text: output.trimEnd() };
};

const tests = async (): Promise<Outcome> => {
  const outcome = await ran('vitest', 'vitest', 'run');
  const count = /Tests\s+(?:\S*\s)?.*?(\d+ passed)/.exec(outcome.text ?? '')?.[1];
  return count === undefined ? outcome : { ...outcome, summary: count };
};

/** Everything a commit must pass, in this order. */
const STEPS: readonly Step[] = [
  {
    name: 'format',
    says: 'format and lint (biome check)',
    run: () => ran('@biomejs/biome', 'biome', 'check', '.'),
  },
  { name: 'types', says: 'types (tsc)', run: () => ran('typescript', 'tsc', '-p', '.') },
  {
    name: 'browser',
    says: "types of the portal's script (tsc)",
    run: () => ran('typescript', 'tsc', '-p', 'src/portal/browser'),
  },
  { name: 'script', says: "the portal's script is what its source makes", run: () => checkScript() },
  { name: 'imports', says: 'import directions (tools/check/rules.ts)', run: checkImports },
  { name: 'bundle', says: 'the production bundle: contents, size, start-up', run: () => checkBundle() },
  { name: 'deploy', says: 'wrangler.toml: no cache before the Gate, no other door', run: checkDeployment },
  { name: 'docs', says: 'generated documents in sync (tools/docs)', run: () => checkDocs() },
  { name: 'commands', says: 'the commands that documents name exist', run: checkCommands },
  { name: 'links', says: 'what documents link to exists', run: checkLinks },
  { name: 'named', says: 'the tests that are named in lists of tests exist', run: checkNamedTests },
  { name: 'lockfile', says: 'package-lock.json installs everywhere', run: checkLockfile },
  { name: 'packages', says: 'they are pinned, sealed, run nothing, may be shipped', run: checkPackages },
  { name: 'sbom', says: 'the bill of materials has what is in the bundle', run: checkSbom },
  { name: 'advisories', says: 'no package is known to be broken (npm audit)', run: () => checkAdvisories() },
  { name: 'committed', says: 'no machine path and no secret in a committed file', run: checkCommitted },
  { name: 'history', says: 'no secret in any version that was ever committed', run: () => checkHistory() },
  { name: 'tests', says: 'tests (vitest run)', run: tests },
];

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      skip: { type: 'string', multiple: true },
      help: { type: 'boolean' },
    },
  });
  const named = [...(values.only ?? []), ...(values.skip ?? [])];
  const unknown = named.filter((name) => !STEPS.some((step) => step.name === name));
  if (unknown.length > 0) console.error(`No such step: ${unknown.join(', ')}\n`);
  if (values.help || unknown.length > 0) {
    console.log(HELP);
    return unknown.length > 0 ? 2 : 0;
  }
  const chosen = STEPS.filter(({ name }) => values.only?.includes(name) ?? true);
  const failed = await runAll(chosen.filter(({ name }) => !values.skip?.includes(name)));
  if (failed.length > 0) console.log(`\nFailed: ${failed.join(', ')}`);
  return failed.length > 0 ? 1 : 0;
};

const HELP = `npm run check -- [--only NAME]… [--skip NAME]…

Runs every step, in this order, and fails if any failed:
${STEPS.map(({ name, says }) => `  ${name.padEnd(10)} ${says}`).join('\n')}`;

/** Runs every step, whatever the others came to, and returns the names of those that failed. */
const runAll = async (steps: readonly Step[]): Promise<readonly string[]> => {
  const failed: string[] = [];
  for (const step of steps) {
    const startedMs = performance.now();
    const outcome = await attempt(step);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    const mark = outcome.ok ? 'ok  ' : 'FAIL';
    console.log(
      `${mark} ${step.name.padEnd(10)} ${seconds.padStart(5)} s  ${outcome.summary ?? ''}`.trimEnd(),
    );
    if (outcome.ok) continue;
    failed.push(step.name);
    console.log(`${outcome.text ?? ''}\n`);
  }
  return failed;
};

const attempt = async ({ run }: Step): Promise<Outcome> => {
  try {
    return await run();
  } catch (error) {
    return { ok: false, text: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
};

process.exitCode = await main();

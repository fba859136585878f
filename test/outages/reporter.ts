import { mkdirSync, writeFileSync } from 'node:fs';
import type { Reporter } from 'vitest/node';
import type { Outcome } from './drive.ts';
import { asLine, asMarkdown, type OutageMeta } from './report.ts';

/** Where the last run is kept; git ignores it. */
const FOLDER = '.latchkey';

/**
 * Keeps what became of everybody in the outages of test/outages, if they ran. `npm run outages` is told it all; at the end of
 * all tests stands what failed.
 */
export const outagesReporter: Reporter = {
  onTestCaseResult: (test) => {
    const { outage } = test.meta() as OutageMeta;
    if (outage !== undefined) console.log(asLine(outage));
  },
  onTestRunEnd: (modules) => {
    const outcomes: Outcome[] = [];
    for (const module of modules)
      for (const test of module.children.allTests()) {
        const { outage } = test.meta() as OutageMeta;
        if (outage !== undefined) outcomes.push(outage);
      }
    if (outcomes.length === 0) return;
    const page = asMarkdown(outcomes);
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(`${FOLDER}/outages.md`, `# Outages\n\n${page}\n`);
    writeFileSync(`${FOLDER}/outages.json`, `${JSON.stringify({ outages: outcomes }, null, 1)}\n`);
    if (process.env.OUTAGES_SEED !== undefined) console.log(`\n${page}\n`);
    console.log(`Kept in ${FOLDER}/outages.md and ${FOLDER}/outages.json.`);
  },
};

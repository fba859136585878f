import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { ROOT, read } from './project.ts';
import { type Outcome, outcomeOf } from './step.ts';

const SOURCE = 'src/portal/browser/index.ts';
const TARGET = 'src/portal/script.ts';

/** Every page loads it: what it may weigh, in bytes of gzip. */
const BUDGET = 2_560;

/** Compares the portal's script with what its source makes of it; with `write`, makes it anew instead. */
export const checkScript = (write = false): Outcome => {
  const script = built();
  const wanted = moduleOf(script);
  const isCurrent = existsSync(resolve(ROOT, TARGET)) && read(TARGET) === wanted;
  if (write && !isCurrent) writeFileSync(resolve(ROOT, TARGET), wanted);
  const { length } = gzipSync(script);
  return outcomeOf(
    [
      ...(isCurrent || write
        ? []
        : [`${TARGET} is not what ${SOURCE} makes. Run: npx node tools/check/script.ts --write`]),
      ...(length > BUDGET ? [`${TARGET} has ${length} bytes of gzip, more than ${BUDGET}`] : []),
    ],
    `${script.length} bytes, ${length} gzip`,
  );
};

/** For the browsers of the last three years. */
const built = (): string => {
  const { outputFiles } = buildSync({
    ...{ absWorkingDir: ROOT, entryPoints: [SOURCE], bundle: true, write: false, minify: true },
    ...{ format: 'iife', platform: 'browser', charset: 'ascii', legalComments: 'none', logLevel: 'silent' },
    target: ['chrome111', 'firefox115', 'safari16.4'],
  });
  const script = outputFiles[0]?.text;
  if (script === undefined) throw new Error(`esbuild made nothing of ${SOURCE}`);
  return script.trimEnd();
};

const moduleOf = (script: string): string =>
  `/** Made by tools/check/script.ts of ${SOURCE}. */
export const PORTAL_SCRIPT = \`${script.replace(/[\\`]|\$(?=\{)/g, '\\$&')}\`;
`;

if (import.meta.main) {
  const outcome = checkScript(process.argv.includes('--write'));
  console.log(outcome.ok ? `script: ${outcome.summary}` : outcome.text);
  process.exitCode = outcome.ok ? 0 : 1;
}

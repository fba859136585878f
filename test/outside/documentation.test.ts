import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { committedFiles, ROOT, read } from '../../tools/check/project.ts';
import { freePort } from '../../tools/dev/ports.ts';
import { type Block, blocksOf, documents } from '../../tools/documents/blocks.ts';
import { type Development, develop, shellEnv } from '../../tools/documents/develop.ts';
import { callsOf } from '../../tools/documents/form.ts';
import { inShell } from '../../tools/documents/shell.ts';

const all = documents()
  .map((path) => ({ path, blocks: blocksOf(read(path)) }))
  .filter(({ blocks }) => blocks.length > 0);
const isRun = ({ kind }: Block): boolean => kind === 'run' || kind === 'refused';
const run = all.filter(({ blocks }) => blocks.some(isRun));

describe('what documents tell people to type', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-documents-'));
  let development: Development;

  beforeAll(async () => {
    for (const path of committedFiles()) cpSync(join(ROOT, path), join(folder, path));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    development = await develop(folder, await freePort());
  });
  afterAll(async () => {
    await development?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(run)('$path', async ({ blocks }) => {
    const { done, ok, output } = await inShell(blocks.filter(isRun).map(development.at), {
      folder,
      env: await development.somebody(),
    });
    const failed = blocks.filter(isRun)[done];
    expect(ok, `the block at line ${failed?.line}:\n${output}`).toBe(true);
  });

  const calls = all.flatMap(({ path, blocks }) =>
    blocks
      .filter(({ kind }) => kind === 'long')
      .flatMap((block) => callsOf(block).map((call) => ({ ...call, path }))),
  );
  const scripts = [...new Set(calls.map(({ script }) => script))];
  it.each(scripts)('what takes long has the options it is given: npm run %s', async (script) => {
    const commands = `npm run -s ${script} -- --help`;
    const asked = await inShell([{ kind: 'run', line: 0, commands }], { folder, env: shellEnv() });
    expect(asked.ok, asked.output).toBe(true);
    for (const { path, line, options } of calls.filter((call) => call.script === script))
      for (const option of options.filter((each) => each !== '--help'))
        expect(asked.output, `${path}:${line}`).toContain(option);
  });
});

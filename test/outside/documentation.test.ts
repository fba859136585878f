import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { committedFiles, ROOT, read } from '../../tools/check/project.ts';
import { freePort } from '../../tools/dev/ports.ts';
import { type Block, blocksOf, documents } from '../../tools/documents/blocks.ts';
import { type Development, develop, onPort } from '../../tools/documents/develop.ts';
import { callsOf } from '../../tools/documents/form.ts';
import { shellEnv } from '../../tools/documents/serving.ts';
import { inShell } from '../../tools/documents/shell.ts';
import { walk } from '../../tools/documents/walk.ts';

const all = documents()
  .map((path) => ({ path, blocks: blocksOf(read(path)) }))
  .filter(({ blocks }) => blocks.length > 0);
const isRun = ({ kind }: Block): boolean => kind === 'run' || kind === 'refused';
/** README.md starts what it needs itself. */
const run = all.filter(({ path, blocks }) => path !== 'README.md' && blocks.some(isRun));

const checkouts: string[] = [];

/** What of the project names the default ports: all that is typed here names others. */
const NAMES_PORTS = ['latchkey.config.ts', 'wrangler.toml'];

/** The project as somebody has it who cloned it, with its packages installed, at ports of its own. */
const checkout = (port: number): string => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-documents-'));
  checkouts.push(folder);
  for (const path of committedFiles()) cpSync(join(ROOT, path), join(folder, path));
  for (const path of NAMES_PORTS) writeFileSync(join(folder, path), onPort(read(path), port));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
};

describe('what documents tell people to type', () => {
  let folder: string;
  let development: Development;

  beforeAll(async () => {
    const port = await freePort();
    folder = checkout(port);
    development = await develop(folder, port);
  });
  afterAll(async () => {
    await development?.stop();
    for (const each of checkouts) rmSync(each, { recursive: true, force: true });
  });

  it('README.md, from `init` to the first admitted request and to its end', async () => {
    const blocks = blocksOf(read('README.md')).filter((block) => isRun(block) || block.kind === 'server');
    const port = await freePort();
    const place = checkout(port);
    const here = blocks.map((block) => ({ ...block, commands: onPort(block.commands, port) }));
    const walked: string[] = [];
    const outcome = await walk(here, {
      folder: place,
      onDone: ({ block }) => walked.push(block.commands),
    });
    expect(outcome).toEqual({ ok: true });
    expect(walked[0]).toContain('latchkey -- init');
    expect(walked).toHaveLength(4);
  });

  it.each(run)('$path', async ({ blocks }) => {
    const env = await development.somebody();
    expect(await walk(blocks.filter(isRun).map(development.at), { folder, env })).toEqual({ ok: true });
  });

  const calls = all.flatMap(({ path, blocks }) =>
    blocks
      .filter(({ kind }) => kind === 'long')
      .flatMap((block) => callsOf(block).map((call) => ({ ...call, path }))),
  );
  const scripts = [...new Set(calls.map(({ script }) => script))];
  it.each(scripts)('what takes long has the options it is given: npm run %s', async (script) => {
    const commands = `npm run -s ${script} -- --help`;
    const asked = await inShell(commands, { folder, env: shellEnv() });
    expect(asked.ok, asked.output).toBe(true);
    for (const { path, line, options } of calls.filter((call) => call.script === script))
      for (const option of options.filter((each) => each !== '--help'))
        expect(asked.output, `${path}:${line}`).toContain(option);
  });
});

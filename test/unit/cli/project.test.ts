import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { configOf, readProject } from '../../../cli/project.ts';
import settings from '../../settings.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-project-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const TOML = `name = "latchkey"
main = "src/worker.ts"
compatibility_date = "2026-10-01"
workers_dev = false

[vars]
DESK_HOST = "keys.top.example"

[env.staging]
workers_dev = true

[env.staging.vars]
DESK_HOST = "keys.staging.example"
`;

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const writeBoth = (file: string = `export default ${JSON.stringify(settings)}`, toml = TOML): void => {
  write('latchkey.config.ts', file);
  write('wrangler.toml', toml);
};

const desk = async (environment: string | null) => {
  const read = await readProject(folder, environment);
  if (!read.ok) return read.refusal;
  const config = configOf(read.value);
  return [
    read.value.deployment.name,
    read.value.deployment.workers_dev,
    config.ok ? config.config.hosts.desk : config.problems,
  ];
};

test('an environment is read as wrangler deploys it: its own section over the top level, and its variables', async () => {
  writeBoth();
  expect(await desk(null)).toEqual(['latchkey', false, 'keys.top.example']);
  expect(await desk('staging')).toEqual(['latchkey-staging', true, 'keys.staging.example']);
});

test('CLOUDFLARE_ENV of the shell chooses no environment that nobody named', async () => {
  writeBoth();
  vi.stubEnv('CLOUDFLARE_ENV', 'staging');
  expect(await desk(null)).toEqual(['latchkey', false, 'keys.top.example']);
});

test('an environment that wrangler.toml does not have is refused, where wrangler would deploy the top level', async () => {
  writeBoth();
  expect(await desk('prodution')).toEqual(['wrangler.toml: has no [env.prodution]: there is staging']);
  writeBoth(undefined, TOML.slice(0, TOML.indexOf('[env.staging]')));
  expect(await desk('prodution')).toEqual(['wrangler.toml: has no [env.prodution]: there is none']);
});

test('every problem of the settings is told, by the name of the variable that it came from', async () => {
  writeBoth(undefined, TOML.replace('keys.top.example', 'https://keys'));
  expect(await desk(null)).toEqual([
    'latchkey',
    false,
    [expect.stringMatching(/^DESK_HOST: must be a lower/)],
  ]);
});

test('both files are told of at once when they are not there, or cannot be read', async () => {
  expect(await desk(null)).toEqual([
    expect.stringMatching(/^latchkey\.config\.ts: is not there/),
    expect.stringMatching(/^wrangler\.toml: is not there/),
  ]);
  writeBoth('export default {', 'name = [');
  expect(await desk(null)).toEqual([
    expect.stringMatching(/^latchkey\.config\.ts: cannot be loaded/),
    expect.stringMatching(/^wrangler\.toml: Invalid TOML/),
  ]);
});

test('a file that was changed is read anew', async () => {
  writeBoth();
  expect(await desk(null)).toContain('keys.top.example');
  writeBoth('export default {}');
  utimesSync(join(folder, 'latchkey.config.ts'), 1, 1);
  expect(await desk(null)).toEqual([
    'latchkey',
    false,
    expect.arrayContaining(['brand: is missing', 'routes: is missing']),
  ]);
});

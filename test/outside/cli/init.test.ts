import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../../../cli/terminal.ts';
import { ok } from '../../../src/model/refusal.ts';
import { placesFrom } from '../../../tools/dev/places.ts';
import { freePort } from '../../../tools/dev/ports.ts';
import { type Clone, cloneProject } from './clone.ts';
import { callLatchkey } from './recorder.ts';

const PROJECT = 'project-live-9f8e7d6c-0000-4000-8000-000000000000';
const SECRET = 'secret-live-planted-and-never-shown';
const OPTIONS = [
  ...['--vertical', 'consumer', '--project-id', PROJECT, '--brand', 'acme'],
  ...['--api-host', 'api.acme.com', '--desk-host', 'keys.acme.com'],
  ...['--origin-url', 'https://origin.acme.com'],
];

let clone: Clone;
beforeEach(() => {
  clone = cloneProject();
});
afterEach(() => clone.remove());

const init = async (
  args: readonly string[],
  world: { readonly env?: Record<string, string>; readonly person?: Person } = {},
) => {
  const called = await callLatchkey(['init', ...args], { folder: clone.folder, ...world });
  expect(called.said + called.told).not.toContain('planted');
  return called;
};

const files = () => ['latchkey.config.ts', 'wrangler.toml'].map((file) => clone.read(file));
const secrets = (file = '.latchkey/secrets.production.json') => JSON.parse(clone.read(file));

/** Somebody who answers each question by the first of these that its words have. */
const answering = (answers: Readonly<Record<string, string>>, yes: boolean) => {
  const asked: { readonly message: string; readonly initial?: string; readonly problem?: string }[] = [];
  const answerTo = (message: string) =>
    Object.entries(answers).find(([words]) => message.includes(words))?.[1] ?? '';
  const person: Person = {
    text: async ({ message, initial, problemOf }) => {
      const answer = answerTo(message) || (initial ?? '');
      const problem = problemOf?.(answer);
      asked.push({
        message,
        ...(initial === undefined ? {} : { initial }),
        ...(problem === undefined ? {} : { problem }),
      });
      return ok(answer);
    },
    choice: async ({ choices: [first] }) => {
      if (first === undefined) throw new Error('a choice of nothing');
      return ok(first.value);
    },
    confirm: async (message) => {
      asked.push({ message });
      return ok(yes);
    },
  };
  return { person, asked };
};

/** The lines of the welcome that end with a key, pasted, and that key. */
const pastedKey = async (welcome: string): Promise<string> => {
  const indented = welcome.split('\n').filter((line) => line.startsWith('  '));
  const commands = indented.slice(indented.findIndex((line) => line.startsWith('  SESSION=')));
  const lines = `${commands.join('\n').replace(/^ {2}curl [\s\S]*/m, '')}\nprintf '%s' "$KEY"\n`;
  return (await promisify(execFile)('sh', ['-c', lines])).stdout;
};

describe('latchkey init', () => {
  test('without a person and without --yes it shows what it would write, writes nothing and ends with 2', async () => {
    const before = files();
    const { code, said, told } = await init(OPTIONS, { env: { STYTCH_SECRET: SECRET } });
    expect([code, said]).toEqual([2, '']);
    expect(told).toContain(`+   stytch: { projectId: '${PROJECT}', vertical: 'consumer' },`);
    expect(told).toContain('+   { pattern = "api.acme.com", custom_domain = true },');
    expect(told).toContain('LATCHKEY_MASTER_KEYS made, ASSERTION_JWKS made, STYTCH_SECRET taken');
    expect(files()).toEqual(before);
    expect(() => secrets()).toThrow('ENOENT');
  });

  test('it writes files that hold the answers, keys for their owner alone, and a second time nothing', async () => {
    const args = [...OPTIONS, '--yes', '--json'];
    const first = await init(args, { env: { STYTCH_SECRET: SECRET } });
    expect([first.code, JSON.parse(first.said)]).toEqual([
      0,
      {
        environment: 'production',
        files: [
          { file: 'latchkey.config.ts', change: 'changed' },
          { file: 'wrangler.toml', change: 'changed' },
        ],
        secrets: {
          made: ['LATCHKEY_MASTER_KEYS', 'ASSERTION_JWKS'],
          ...{ taken: ['STYTCH_SECRET'], kept: [], missing: [] },
        },
      },
    ]);
    expect(Object.keys(secrets()).sort()).toEqual([
      'ASSERTION_JWKS',
      'LATCHKEY_MASTER_KEYS',
      'STYTCH_SECRET',
    ]);
    expect(statSync(join(clone.folder, '.latchkey/secrets.production.json')).mode & 0o777).toBe(0o600);
    const [written, kept] = [files(), secrets()];
    expect(written[1]).toContain('# A rehearsal: hosts of its own');

    const second = await init(args, { env: { STYTCH_SECRET: 'secret-live-planted-another' } });
    expect([second.code, JSON.parse(second.said)]).toMatchObject([
      0,
      { files: [{ change: 'none' }, { change: 'none' }], secrets: { made: [], taken: [] } },
    ]);
    expect([files(), secrets()]).toEqual([written, kept]);
  });

  test('what it wrote is as the formatter has it', async () => {
    const hosts = Array.from({ length: 6 }, (_, i) => `api-${i}.somewhere-long.example.com`).join();
    await init([...OPTIONS, '--api-host', hosts, '--yes']);
    const checked = await clone.node([
      'node_modules/@biomejs/biome/bin/biome',
      ...['format', '--vcs-enabled=false', 'latchkey.config.ts'],
    ]);
    expect(checked).toMatchObject({ code: 0 });
    expect(
      clone
        .read('latchkey.config.ts')
        .split('\n')
        .filter((line) => line.length > 125),
    ).toEqual([]);
  });

  test('an operator is asked for everything, each answer is judged at once, and nothing is written without his yes', async () => {
    const before = files();
    const answers = {
      ...{ 'The Stytch project': PROJECT, 'API clients call': 'api.acme.com' },
      ...{ 'key management': 'api.acme.com', 'runs now': 'https://origin.acme.com', 'first word': 'acme' },
      "project's secret": SECRET,
    };
    const wrong = answering(answers, true);
    expect((await init([], wrong)).code).toBe(2);
    expect(wrong.asked.find(({ message }) => message.includes('key management'))?.problem).toMatch(
      /is the Desk's host/,
    );
    const right = { ...answers, 'key management': 'keys.acme.com' };
    const no = answering(right, false);
    expect((await init([], no)).code).toBe(1);
    expect([files(), no.asked.at(-1)]).toEqual([before, { message: 'Write this?' }]);
    const yes = answering(right, true);
    expect((await init([], yes)).code).toBe(0);
    expect(yes.asked.find(({ message }) => message.includes('audience'))?.initial).toBe('acme-api');
    expect(secrets()).toMatchObject({ STYTCH_SECRET: SECRET });
    // Whoever comes again presses Enter: what he said is what is proposed, and no secret is asked for.
    const again = answering({}, true);
    expect((await init([], again)).code).toBe(0);
    expect(again.asked.map(({ initial }) => initial)).toEqual([
      ...[PROJECT, 'api.acme.com', 'keys.acme.com', 'https://origin.acme.com', 'acme', 'acme-api'],
    ]);
  });

  test('what the operator wrote into his file stays when an answer changes', async () => {
    await init([...OPTIONS, '--yes']);
    const own = clone
      .read('latchkey.config.ts')
      .replace('routes: [', "// Mine.\n  routes: [\n    { path: '/mine/**', auth: 'none' },");
    clone.write('latchkey.config.ts', own);
    expect((await init([...OPTIONS, '--brand', 'better', '--yes'])).code).toBe(0);
    expect(clone.read('latchkey.config.ts')).toBe(own.replace("brand: 'acme'", "brand: 'better'"));
    expect(
      (await init([...OPTIONS, '--brand', 'better', '--desk-host', 'desk.acme.com', '--yes'])).code,
    ).toBe(0);
    expect(clone.read('latchkey.config.ts')).toBe(own.replace("brand: 'acme'", "brand: 'better'"));
    expect(clone.read('wrangler.toml')).toContain('DESK_HOST = "desk.acme.com"');
    // One that init cannot change is left alone, and the operator is told what to put in.
    const odd = clone.read('latchkey.config.ts').replace("brand: 'better'", "brand: ['bet', 'ter'].join('')");
    clone.write('latchkey.config.ts', odd);
    const { code, told } = await init([...OPTIONS, '--yes']);
    expect([code, told]).toEqual([1, expect.stringMatching(/^latchkey\.config\.ts: put these in yourself/)]);
    expect(clone.read('latchkey.config.ts')).toBe(odd);
  });

  test('a second environment gets hosts, project and keys of its own, and the first keeps its', async () => {
    await init([...OPTIONS, '--yes']);
    const [production, file] = [secrets(), clone.read('latchkey.config.ts')];
    const { code, said } = await init([
      ...['--env', 'staging', '--yes', '--project-id', 'project-test-9f8e7d6c-0000-4000-8000-000000000001'],
      ...['--api-host', 'api.next.acme.com', '--desk-host', 'keys.next.acme.com'],
      ...['--origin-url', 'https://origin.next.acme.com'],
    ]);
    expect([code, said]).toEqual([0, expect.stringContaining("setup --env 'staging'")]);
    expect(clone.read('latchkey.config.ts')).toBe(file);
    expect(secrets()).toEqual(production);
    const staging = secrets('.latchkey/secrets.staging.json');
    expect(staging.LATCHKEY_MASTER_KEYS).not.toBe(production.LATCHKEY_MASTER_KEYS);
    const toml = clone.read('wrangler.toml');
    expect(toml).toContain('{ pattern = "keys.acme.com", custom_domain = true }');
    expect(toml).toContain('{ pattern = "keys.next.acme.com", custom_domain = true }');
    expect((await init([...OPTIONS, '--env', 'nowhere', '--yes'])).told).toContain('has no [env.nowhere]');
  });

  test('what it wrote is deployed by wrangler and run by npm run dev, members and all', async () => {
    const made = await clone.node(['cli/index.ts', 'init', ...OPTIONS, '--vertical', 'b2b', '--yes']);
    expect(made).toMatchObject({ code: 0 });
    const deployed = await clone.node([
      'node_modules/wrangler/bin/wrangler.js',
      ...['deploy', '--dry-run', '--env', 'production'],
    ]);
    expect(deployed.stdout).toContain('"api.acme.com"');
    expect(deployed.code).toBe(0);
    const port = await freePort();
    const dev = clone.start(['tools/dev.ts', '--port', String(port)]);
    const ended = new Promise((done) => dev.once('close', done));
    try {
      const said = await new Promise<string>((done) => {
        let text = '';
        const hear = (part: Buffer) => {
          text += String(part);
          if (text.includes('Ctrl-C ends it all.')) done(text);
        };
        for (const stream of [dev.stdout, dev.stderr]) stream?.on('data', hear);
        dev.once('close', () => done(`it ended: ${text}`));
      });
      expect(said).toContain('Latchkey is ready.');
      const key = await pastedKey(said);
      const { api } = placesFrom(port);
      const answer = await fetch(`${api}/v1/items/1`, { headers: { Authorization: `Bearer ${key}` } });
      expect([key.slice(0, 10), answer.status]).toEqual(['acme_test_', 200]);
    } finally {
      dev.kill('SIGTERM');
      await ended;
    }
  });
});

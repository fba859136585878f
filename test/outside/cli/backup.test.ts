import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { OPERATOR } from '../../../tools/dev/emulator-project.ts';
import { freePort } from '../../../tools/dev/ports.ts';
import { type Server, serve } from '../../../tools/serve/index.ts';
import { freshSecrets } from '../../../tools/serve/secrets.ts';
import { stytchEmulator } from '../edge.ts';
import { callLatchkey } from './recorder.ts';
import { latchkeyAt, memberOf, newUser, type Stage, statusWith } from './stage.ts';

const secrets = freshSecrets();
let stytch: Server;
let worker: Server;
let stage: Stage;
let folder: string;
let state: string;
let port: number;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-backup-'));
  state = join(folder, 'state');
  stytch = await serve({ services: [stytchEmulator()] });
  port = await freePort();
  worker = await start();
  const url = `http://127.0.0.1:${stytch.port('stytch')}`;
  const { PROJECT_ID = '', PROJECT_SECRET = '' } = inject('emulatorBindings');
  const tokenUrl = `${url}/v1/public/${PROJECT_ID}/oauth2/token`;
  const desk = `http://localhost:${port}`;
  stage = {
    ...{ api: `http://127.0.0.1:${port}`, desk, stytch: url, secrets },
    asOperator: ['--desk', desk, '--client-id', OPERATOR.clientId, '--token-url', tokenUrl],
    env: { LATCHKEY_OPERATOR_SECRET: OPERATOR.clientSecret, STYTCH_SECRET: PROJECT_SECRET },
    stop: async () => undefined,
  };
  operatorsFiles(url, PROJECT_ID);
});

afterAll(async () => {
  await Promise.all([worker?.stop(), stytch?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const start = (): Promise<Server> =>
  serve({ services: [latchkeyAt(port, stytch.port('stytch'), secrets)], state });

/** A deployment whose Stytch is the emulator. */
const operatorsFiles = (url: string, projectId: string): void => {
  const root = join(import.meta.dirname, '../../..');
  writeFileSync(
    join(folder, 'latchkey.config.ts'),
    `export { default } from '${join(root, 'latchkey.config.ts')}';\n`,
  );
  const vars = { STYTCH_API_URL: url, STYTCH_PROJECT_ID: projectId };
  const lines = Object.entries(vars).map(([name, value]) => `${name} = "${value}"`);
  writeFileSync(
    join(folder, 'wrangler.toml'),
    ['name = "test"', 'compatibility_date = "2026-10-01"', '[vars]', ...lines, ''].join('\n'),
  );
};

const latchkey = (...args: readonly string[]) =>
  callLatchkey([...args, ...stage.asOperator], { folder, env: stage.env });

const issue = async (user: string) => {
  const who = ['--user', user, '--name', 'n', '--scope', 'items:read', '--json'];
  const { code, said } = await latchkey('keys', 'issue', ...who);
  expect(code).toBe(0);
  return { key: String(memberOf(said, 'key')), keyId: String(memberOf(said, 'key_id')) };
};

/** Somebody with a key that lives and one that does not. */
const someOwner = async () => {
  const { id } = await newUser(stage.stytch);
  const [living, dead] = [await issue(id), await issue(id)];
  expect((await latchkey('keys', 'revoke', dead.keyId, '--yes')).code).toBe(0);
  return { id, living, dead };
};

/** Where nobody listens, whoever is let in is 502. */
const LET_IN = 502;

/** Takes the Rings' storage away, as nobody should be able to. */
const loseAllRings = async (): Promise<void> => {
  await worker.stop();
  rmSync(join(state, 'KeyRing'), { recursive: true });
  worker = await start();
};

const files = (out: string): readonly string[] => readdirSync(out).sort();

describe('latchkey backup and restore', () => {
  test('bring back every owner of a living key whose Ring was lost, and nothing that had ended', async () => {
    const owners = [await someOwner(), await someOwner(), await someOwner()];
    const out = join(folder, 'whole');
    const backup = await latchkey('backup', '--env', '', '--out', out, '--json');
    expect(JSON.parse(backup.said)).toEqual({ out, owners: 3, written: 3, failed: [] });
    expect(backup.code).toBe(0);
    expect(files(out)).toEqual(owners.map(({ id }) => `${id}.ndjson`).sort());
    for (const name of files(out)) expect(statSync(join(out, name)).mode & 0o777).toBe(0o600);

    await loseAllRings();
    for (const { living } of owners) expect(await statusWith(stage, living.key)).toBe(401);
    // In their isolate's memory they are refused for a while.
    await worker.stop();
    worker = await start();
    const restored = await latchkey('restore', out, '--yes', '--json');
    expect(restored.code, restored.told).toBe(0);
    expect(JSON.parse(restored.said).data.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      ...['restored', 'restored', 'restored'],
    ]);
    for (const { living, dead, id } of owners) {
      expect(await statusWith(stage, living.key)).toBe(LET_IN);
      expect(await statusWith(stage, dead.key)).toBe(401);
      const kept = join(folder, `${id}.ndjson`);
      expect((await latchkey('audit', 'export', '--user', id, '--out', kept)).code).toBe(0);
      const verified = await callLatchkey(['audit', 'verify', kept], { env: secrets });
      expect([verified.code, verified.said]).toEqual([0, expect.stringMatching(/^ok: 6 entries/)]);
    }

    const again = await latchkey('restore', out, '--yes', '--json');
    expect(again.code).toBe(0);
    expect(JSON.parse(again.said).data.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      ...['there', 'there', 'there'],
    ]);
  });
});

describe('latchkey backup', () => {
  test('goes on where it broke off, and takes owners besides from a list or an earlier backup', async () => {
    const { id } = await someOwner();
    const idle = (await newUser(stage.stytch)).id;
    const list = join(folder, 'owners.txt');
    writeFileSync(list, `${idle}\n\n`);
    const [first, second] = [join(folder, 'first'), join(folder, 'second')];
    expect((await latchkey('backup', '--env', '', '--out', first, '--owners', list)).code).toBe(0);
    expect(files(first)).toEqual(expect.arrayContaining([`${id}.ndjson`, `${idle}.ndjson`]));

    rmSync(join(first, `${id}.ndjson`));
    writeFileSync(join(first, `${id}.ndjson.part`), 'half');
    const again = await latchkey('backup', '--env', '', '--out', first, '--json');
    expect(memberOf(again.said, 'written')).toBe(1);
    expect(existsSync(join(first, `${id}.ndjson.part`))).toBe(false);
    await latchkey('backup', '--only-named', '--owners', first, '--out', second);
    expect(files(second)).toEqual(files(first));
  });

  test('says whose export it does not have, and ends with 1', async () => {
    const list = join(folder, 'somebody.txt');
    const { id } = await newUser(stage.stytch);
    writeFileSync(list, `${id}\n`);
    const out = join(folder, 'nothing');
    const { code, said } = await callLatchkey(
      ['backup', '--only-named', '--owners', list, '--out', out, '--json', ...stage.asOperator],
      { env: { LATCHKEY_OPERATOR_SECRET: 'wrong' } },
    );
    expect([code, JSON.parse(said).failed]).toEqual([1, [{ owner: id, because: expect.any(String) }]]);
    expect(files(out)).toEqual([]);
  });

  test.each<[what: string, args: readonly string[]]>([
    ['no folder', []],
    ['--only-named without a list', ['--out', 'x', '--only-named']],
    ['an option that is not there', ['--out', 'x', '--all']],
  ])('ends with 2 for %s', async (_, args) => {
    expect((await latchkey('backup', ...args)).code).toBe(2);
  });

  test('ends with 1 where Stytch does not tell, and where a list has what is no id', async () => {
    const wrong = await callLatchkey(
      ['backup', '--env', '', '--out', join(folder, 'x'), ...stage.asOperator],
      {
        folder,
        env: { ...stage.env, STYTCH_SECRET: 'secret-test-wrong' },
      },
    );
    expect([wrong.code, wrong.told]).toEqual([1, expect.stringMatching(/^Stytch does not tell its clients/)]);
    // An empty secret of the environment is none, and the one that is kept stands.
    mkdirSync(join(folder, '.latchkey'), { recursive: true });
    const { STYTCH_SECRET } = stage.env;
    writeFileSync(join(folder, '.latchkey', 'secrets.json'), JSON.stringify({ STYTCH_SECRET }));
    const kept = await callLatchkey(
      ['backup', '--env', '', '--out', join(folder, 'kept'), ...stage.asOperator],
      { folder, env: { ...stage.env, STYTCH_SECRET: '' } },
    );
    expect(kept.code).toBe(0);
    const list = join(folder, 'no-ids.txt');
    writeFileSync(list, '../../etc/passwd\n');
    const { code, told } = await latchkey(
      'backup',
      '--only-named',
      '--owners',
      list,
      '--out',
      join(folder, 'x'),
    );
    expect([code, told]).toEqual([1, expect.stringMatching(/line 1: is no id/)]);
  });
});

describe('latchkey restore', () => {
  const exported = async (): Promise<string> => {
    const { id } = await someOwner();
    const file = join(folder, `one-${id}.ndjson`);
    await latchkey('audit', 'export', '--user', id, '--out', file);
    return file;
  };

  test('does nothing without somebody who says yes', async () => {
    const { code, told } = await latchkey('restore', await exported());
    expect([code, told]).toEqual([2, expect.stringMatching(/Nothing was\.$/)]);
  });

  test.each<[what: string, change: (text: string) => string]>([
    ['that is not whole', (text) => text.replace(/\n[^\n]*\n$/, '\n')],
    ['that lacks a line', (text) => text.replace(/\n[^\n]*"type":"key"[^\n]*/, '')],
    ['that is something else', () => 'hello\n'],
  ])('reads no file %s, and does nothing', async (_, change) => {
    const file = await exported();
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    expect((await latchkey('restore', file, '--yes')).code).toBe(2);
  });

  test('says what is wrong with a line that a Ring does not take', async () => {
    const file = await exported();
    writeFileSync(file, readFileSync(file, 'utf8').replace('"key.revoked"', '"key.expired"'));
    await loseAllRings();
    const { code, told } = await latchkey('restore', file, '--yes');
    expect([code, told]).toEqual([1, expect.stringMatching(/not restored: .*\/lines\/\d+ does not fit/)]);
  });

  test('ends with 2 for an empty folder', async () => {
    mkdirSync(join(folder, 'empty'));
    expect((await latchkey('restore', join(folder, 'empty'))).code).toBe(2);
  });
});

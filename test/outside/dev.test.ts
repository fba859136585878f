import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { emulatorProject, OPERATOR } from '../../tools/dev/emulator-project.ts';
import { type Places, placesFrom } from '../../tools/dev/places.ts';
import { freePort } from '../../tools/dev/ports.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** For a machine that has much else to do; on an idle one the slowest test takes 12 seconds. */
const PATIENCE_MS = 180_000;
const ADA = 'user-test-ada00000-0000-4000-8000-000000000001';

/** What a command wrote and how it ended. */
interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** A command under way. */
interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<Ended>;
}

const undo: (() => unknown)[] = [];
const undoAll = async (): Promise<void> => {
  for (const step of undo.splice(0).reverse()) await step();
};

const run = (file: string, args: readonly string[], input = ''): Running => {
  // Nothing may depend on being run by Vitest.
  const env = { ...process.env, NODE_ENV: undefined, VITEST: undefined, NODE_OPTIONS: undefined };
  const child = spawn(file, args, { cwd: ROOT, env, stdio: 'pipe' });
  const pieces: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => pieces.push(String(piece)));
  child.stdin.end(input);
  const output = (): string => pieces.join('');
  const ended = new Promise<Ended>((done) => {
    child.once('close', (code) => done({ code, output: output() }));
  });
  return { child, output, ended };
};

const node = (...args: readonly string[]): Running => run(process.execPath, args);

/** `npm run dev`, when it has said that it is ready. */
const startDev = async (port: number, folder: string): Promise<Running> => {
  const dev = node('tools/dev.ts', '--port', String(port), '--state', folder);
  undo.push(async () => {
    dev.child.kill('SIGTERM');
    await dev.ended;
  });
  await new Promise<void>((ready, never) => {
    dev.child.stdout?.on('data', () => dev.output().includes('Ctrl-C ends it all.') && ready());
    dev.ended.then(({ output }) => never(new Error(`it ended before it was ready:\n${output}`)));
  });
  return dev;
};

const tmp = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-dev-'));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** The commands of the welcome: what is indented, from the first of them on. */
const pasted = (welcome: string): string => {
  const lines = welcome.split('\n').filter((line) => line.startsWith('  '));
  return `${lines.slice(lines.findIndex((line) => line.startsWith('  SESSION='))).join('\n')}\n`;
};

/** The commands that end with a key, and that key. */
const pasteKey = async (welcome: string): Promise<string> => {
  const commands = pasted(welcome).replace(/^ {2}curl .*\n/gm, '');
  const { output } = await run('sh', [], `${commands}\nprintf '%s' "$KEY"\n`).ended;
  return output;
};

const call = ({ api }: Places, key: string): Promise<Response> =>
  fetch(`${api}/v1/items/1`, { headers: { Authorization: `Bearer ${key}` } });

const atStytch = async (
  { stytch }: Places,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> => {
  const { projectId, projectSecret } = await emulatorProject();
  const response = await fetch(`${stytch}${path}`, {
    method,
    headers: {
      Authorization: `Basic ${btoa(`${projectId}:${projectSecret}`)}`,
      'Content-Type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return response.json();
};

/** A user of Stytch whom no other test knows, signed in. */
const newUser = async (places: Places) => {
  const user = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' };
  const made = await atStytch(places, 'POST', '/v1/passwords', { ...user, session_duration_minutes: 60 });
  return made as { readonly user_id: string; readonly session_jwt: string };
};

const listen = async (port: number, answer: RequestListener): Promise<void> => {
  const server = createServer(answer);
  await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
  undo.push(() => server.close());
};

describe('npm run dev', () => {
  let dev: Running;
  let places: Places;
  let folder: string;

  beforeAll(async () => {
    const port = await freePort();
    places = placesFrom(port);
    folder = mkdtempSync(join(tmpdir(), 'latchkey-dev-'));
    dev = await startDev(port, folder);
  }, PATIENCE_MS);

  afterAll(async () => {
    await undoAll();
    rmSync(folder, { recursive: true, force: true });
  });

  test('it tells the addresses and a user who can sign in', () => {
    const said = dev.output();
    for (const each of [places.api, places.desk, places.stytch, places.origin]) expect(said).toContain(each);
    expect(said).toContain(`${places.desk}/device`);
    expect(said).toContain('A user: ada@example.com, password: correct horse battery staple');
    expect(said).toContain('A person who operates: grace@example.com, password: tin whistle copper kettle');
    expect(said).toContain(`${places.desk}/operators`);
  });

  test('the two names of this machine are the two hosts', async () => {
    const [desk, api] = [await fetch(`${places.desk}/healthz`), await fetch(`${places.api}/healthz`)];
    expect([desk.status, await desk.json()]).toEqual([200, { status: 'ok' }]);
    expect([api.status, await api.json()]).toEqual([404, expect.objectContaining({ code: 'no_route' })]);
  });

  test('the lines to paste work in a POSIX shell: sign in, make a key, call, revoke, ask as an operator', async () => {
    const { code, output } = await run('sh', ['-e'], pasted(dev.output())).ended;
    expect(code).toBe(0);
    const [called, revoked, asked] = output.split(/(?=HTTP\/1\.1 )/).slice(-3);
    expect(called).toMatch(/^HTTP\/1\.1 200 /);
    expect(called).toContain(`"userId": "${ADA}"`);
    expect(revoked).toMatch(/^HTTP\/1\.1 200 /);
    expect(revoked).toContain('"status":"revoked"');
    expect(asked).toMatch(/^HTTP\/1\.1 200 /);
    expect(asked).toContain(`"owner":{"kind":"user","id":"${ADA}"`);
  });

  test('latchkey keys import makes a client of Stytch a key of a user, by the operator that it names', async () => {
    const { projectId, projectSecret } = await emulatorProject();
    const pair = { client_id: 'billing-robot', client_secret: 'tin-whistle-quiet-lantern' };
    const made = await fetch(`${places.stytch}/v1/m2m/clients`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${projectId}:${projectSecret}`)}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ ...pair, scopes: ['items:read'] }),
    });
    expect(made.ok).toBe(true);
    const file = join(folder, 'clients.csv');
    writeFileSync(file, `client_id,client_secret,user_id\n${pair.client_id},${pair.client_secret},${ADA}\n`);
    const args = [
      ...['cli/index.ts', 'keys', 'import', '--file', file, '--desk', places.desk, '--json'],
      ...['--client-id', OPERATOR.clientId],
      ...['--token-url', `${places.stytch}/v1/public/${projectId}/oauth2/token`],
    ];
    const env = { ...process.env, LATCHKEY_OPERATOR_SECRET: OPERATOR.clientSecret };
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });
    expect(JSON.parse(stdout)).toMatchObject({ imported: 1, refused: 0, failed: 0 });
    const authorization = `Basic ${btoa(`${pair.client_id}:${pair.client_secret}`)}`;
    const called = await fetch(`${places.api}/v1/items/1`, { headers: { authorization } });
    expect([called.status, await called.text()]).toEqual([
      200,
      expect.stringContaining(`"userId": "${ADA}"`),
    ]);
  });

  test('requests are shown, and no secret is, neither there nor in the log', async () => {
    const key = await pasteKey(dev.output());
    expect((await call(places, key)).status).toBe(200);
    await expect
      .poll(() => dev.output(), { timeout: 10_000 })
      .toMatch(/\n200 forwarded api GET \/v1\/items\/\*\* acme_test_/);
    const log = dev.output() + readFileSync(join(folder, 'dev.log'), 'utf8');
    expect(log).not.toContain(key.slice(key.lastIndexOf('_')));
    const secrets = readFileSync(join(folder, 'secrets.env'), 'utf8');
    for (const [, secret = ''] of secrets.matchAll(/"(?:key|d)":"([^"]+)"/g))
      expect(log).not.toContain(secret);
  });

  test('who is deleted at Stytch has no key any more: its webhook reaches the Desk', async () => {
    const { user_id, session_jwt } = await newUser(places);
    const made = await fetch(`${places.desk}/v1/keys`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${session_jwt}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'n', scopes: ['items:read'] }),
    });
    const { key } = (await made.json()) as { key: string };
    expect((await call(places, key)).status).toBe(200);
    await atStytch(places, 'DELETE', `/v1/users/${user_id}`);
    await expect.poll(async () => (await call(places, key)).status, { timeout: 30_000 }).toBe(401);
  });

  test('secrets are for their owner alone, and on no command line', () => {
    for (const name of ['secrets.env', 'stytch.env'])
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    const secrets = readFileSync(join(folder, 'secrets.env'), 'utf8');
    const values = [...secrets.matchAll(/"(?:key|d)":"([^"]+)"/g)].map(([, value = '']) => value);
    expect(values).toHaveLength(2);
    const lines = family(dev.child.pid).map(({ commandLine }) => commandLine);
    for (const value of values) expect(lines.filter((line) => line.includes(value))).toEqual([]);
  });

  test('taken ports are named, before anything starts', async () => {
    const other = join(folder, 'other');
    const second = await node('tools/dev.ts', '--port', String(places.port), '--state', other).ended;
    expect(second.code).toBe(1);
    expect(second.output).toContain(`${places.port} (the Worker)`);
    expect(second.output).toContain(`${places.originPort} (the demo origin)`);
    expect(existsSync(other)).toBe(false);
  });

  test('a second one over the same state is refused', async () => {
    const second = await node('tools/dev.ts', '--port', String(await freePort()), '--state', folder).ended;
    expect(second.code).toBe(1);
    expect(second.output).toContain(`process ${dev.child.pid}, port ${places.port}`);
  });

  test(
    'the demo does what it should, step by step',
    async () => {
      const { code, output } = await node('demo/run.ts', '--port', String(places.port)).ended;
      expect(output).toMatch(/\nEvery step did what it should\.\n$/);
      expect(output.match(/^\d\. .*/gm)).toHaveLength(8);
      expect(output).not.toContain('✗');
      expect(code).toBe(0);
    },
    PATIENCE_MS,
  );
});

describe('npm run dev › its end', () => {
  afterEach(undoAll);

  test(
    'Ctrl-C leaves nothing behind, and a key of before opens after the next start',
    async () => {
      const [port, folder] = [await freePort(), tmp()];
      const before = await startDev(port, folder);
      const key = await pasteKey(before.output());
      const started = family(before.child.pid);
      before.child.kill('SIGINT');
      expect(await before.ended).toMatchObject({ code: 0, output: expect.stringMatching(/\nEnded\.\n$/) });
      expect(started.filter(isAlive)).toEqual([]);

      const after = await startDev(port, folder);
      expect((await call(placesFrom(port), key)).status).toBe(200);

      // While we are here: one that dies takes the others along, and says so.
      const all = family(after.child.pid);
      const origin = all.find(({ commandLine }) => commandLine.includes('demo/origin.ts'));
      if (process.platform !== 'linux') return;
      process.kill(origin?.pid ?? -1, 'SIGKILL');
      expect(await after.ended).toMatchObject({
        code: 1,
        output: expect.stringContaining('The origin is gone'),
      });
      expect(all.filter(isAlive)).toEqual([]);
    },
    PATIENCE_MS,
  );

  test('an option that is not known is explained', async () => {
    expect(await node('tools/dev.ts', '--prot', '1').ended).toMatchObject({ code: 2 });
    const help = await node('tools/dev.ts', '--help').ended;
    expect(help).toMatchObject({ code: 0, output: expect.stringContaining('--fresh') });
  });
});

describe('npm run demo', () => {
  afterEach(undoAll);

  test('where there is no Latchkey, it fails and says so', async () => {
    const port = await freePort();
    await listen(port, (_, response) => response.end('hello'));
    const { code, output } = await node('demo/run.ts', '--port', String(port)).ended;
    expect(code).toBe(1);
    expect(output).toContain(`http://localhost:${port} is not Latchkey (GET /readyz: 200)`);
  });

  test('where nobody answers, it fails and says how to start one', async () => {
    const port = await freePort();
    const { code, output } = await node('demo/run.ts', '--port', String(port)).ended;
    expect(code).toBe(1);
    expect(output).toContain(`npm run dev -- --port ${port}`);
  });

  test('a step that does not do what it should is named', async () => {
    const port = await freePort();
    const ready = JSON.stringify({ status: 'ready', checks: { signing_keys: true, kv: true } });
    await listen(port, (_, response) => response.end(ready));
    const session = JSON.stringify({ user_id: 'user-test-1', session_jwt: 'a.b.c' });
    await listen(port + 1, (_, response) => response.end(session));
    const { code, output } = await node('demo/run.ts', '--port', String(port)).ended;
    expect(code).toBe(1);
    expect(output).toContain('✗ the answer is 200, not 201');
    expect(output).toMatch(/\nFailed: step 2, The user makes a key that may read items\.\n$/);
  });
});

/** A process, by more than its number: that one is given out again. */
interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly startedAt: string;
  readonly commandLine: string;
}

/** A process and all that descend from it; where there is no /proc, none. */
const family = (pid: number | undefined): readonly Process[] => {
  const all = existsSync('/proc/self/stat') ? readdirSync('/proc').map(readProcess) : [];
  const members = all.filter((one) => one?.pid === pid);
  // Members are added while they are walked through, until nobody has children who are not among them.
  for (const one of members)
    members.push(...all.filter((other) => other !== null && other.parent === one?.pid));
  return members.filter((one) => one !== null);
};

/** Null for what is no process, has gone, or is dead and not yet buried. */
const readProcess = (name: string): Process | null => {
  if (!/^\d+$/.test(name)) return null;
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    const [state, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return state === 'Z'
      ? null
      : { pid: Number(name), parent: Number(parent), startedAt: rest[17] ?? '', commandLine };
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return null;
    throw error;
  }
};

const isAlive = ({ pid, startedAt }: Process): boolean => readProcess(String(pid))?.startedAt === startedAt;

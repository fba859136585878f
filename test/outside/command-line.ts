import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** The reference CLI, as somebody has it in a terminal. */
export interface CommandLine {
  /** All that it wrote so far, on stdout and on stderr. */
  readonly output: () => string;
  /** What it wrote on stdout. */
  readonly stdout: () => string;
  /** The first of its lines, of before or to come, that is such a one; null when it ends without. */
  readonly line: (wanted: RegExp) => Promise<RegExpExecArray | null>;
  /** The code that it shows, and the address that has it already. */
  readonly code: () => Promise<{ readonly userCode: string; readonly address: string }>;
  /** Ctrl-C. */
  readonly interrupt: () => void;
  readonly ended: Promise<number | null>;
}

/** Where a CLI keeps its login, under a configuration folder. */
export const credentialsIn = (config: string): string => join(config, 'acme-cli/credentials.json');

const CLI = join(ROOT, 'demo/cli/index.ts');

/** Of Debian's bsdutils, which every Debian has: runs a command on a terminal of its own. */
const SCRIPT = '/usr/bin/script';

/** Nothing may depend on being run by Vitest. */
const settingFor = (config: string) => {
  const env = { ...process.env, XDG_CONFIG_HOME: config, NODE_ENV: undefined, NODE_OPTIONS: undefined };
  return { cwd: ROOT, env, stdio: 'pipe' as const };
};

/** Starts it with a configuration folder of its own: `startCli(config, 'login', '--api', api)`. */
export const startCli = (config: string, ...args: readonly string[]): CommandLine => {
  const child = spawn(process.execPath, [CLI, ...args], settingFor(config));
  child.stdin.end();
  return follow(child, () => child.kill('SIGINT'));
};

/** The same on a terminal, as somebody has it before him; where none can be made, without. */
export const startInTerminal = (config: string, ...args: readonly string[]): CommandLine => {
  if (process.platform !== 'linux' || !existsSync(SCRIPT)) return startCli(config, ...args);
  const quoted = [process.execPath, CLI, ...args].map((each) => `'${each.replaceAll("'", "'\\''")}'`);
  const child = spawn(SCRIPT, ['-qefc', quoted.join(' '), '/dev/null'], settingFor(config));
  return follow(child, () => child.stdin.write('\x03'));
};

const follow = (child: ChildProcessWithoutNullStreams, interrupt: () => void): CommandLine => {
  const all: string[] = [];
  const out: string[] = [];
  child.stdout.on('data', (piece) => out.push(String(piece)));
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => all.push(String(piece)));
  const ended = new Promise<number | null>((done) => child.once('close', done));

  const line: CommandLine['line'] = (wanted) =>
    new Promise((found) => {
      const look = (): void => {
        // The last line may not be whole yet.
        const lines = all.join('').split(/\r?\n/).slice(0, -1);
        const match = lines.map((each) => wanted.exec(each)).find((each) => each !== null);
        if (match !== undefined) found(match);
      };
      for (const stream of [child.stdout, child.stderr]) stream.on('data', look);
      look();
      void ended.then(() => {
        look();
        found(null);
      });
    });

  const code: CommandLine['code'] = async () => {
    const [, userCode] = (await line(/^ {2}([A-Z]{4}-[A-Z]{4})$/)) ?? [];
    const [, address] = (await line(/^ {2}(https?:\S*user_code=\S+)$/)) ?? [];
    if (userCode === undefined || address === undefined) throw new Error(`no code: ${all.join('')}`);
    return { userCode, address };
  };

  return { output: () => all.join(''), stdout: () => out.join(''), line, code, ended, interrupt };
};

/** Runs it to its end. */
export const runCli = async (config: string, ...args: readonly string[]) => {
  const cli = startCli(config, ...args);
  const exitCode = await cli.ended;
  return { exitCode, output: cli.output(), stdout: cli.stdout() };
};

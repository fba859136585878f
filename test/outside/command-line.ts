import { spawn } from 'node:child_process';
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

/** Starts it with a configuration folder of its own: `startCli(config, 'login', '--api', api)`. */
export const startCli = (config: string, ...args: readonly string[]): CommandLine => {
  // Nothing may depend on being run by Vitest.
  const env = { ...process.env, XDG_CONFIG_HOME: config, NODE_ENV: undefined, NODE_OPTIONS: undefined };
  const script = join(ROOT, 'demo/cli/index.ts');
  const child = spawn(process.execPath, [script, ...args], { cwd: ROOT, env, stdio: 'pipe' });
  child.stdin.end();
  const all: string[] = [];
  const out: string[] = [];
  child.stdout.on('data', (piece) => out.push(String(piece)));
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => all.push(String(piece)));
  const ended = new Promise<number | null>((done) => child.once('close', done));

  const line: CommandLine['line'] = (wanted) =>
    new Promise((found) => {
      const look = (): void => {
        // The last line may not be whole yet.
        const lines = all.join('').split('\n').slice(0, -1);
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

  return {
    ...{ output: () => all.join(''), stdout: () => out.join(''), line, code, ended },
    interrupt: () => child.kill('SIGINT'),
  };
};

/** Runs it to its end. */
export const runCli = async (config: string, ...args: readonly string[]) => {
  const cli = startCli(config, ...args);
  const exitCode = await cli.ended;
  return { exitCode, output: cli.output(), stdout: cli.stdout() };
};

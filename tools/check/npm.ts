import { spawn } from 'node:child_process';
import { ROOT } from './project.ts';

/**
 * What npm answers in JSON, in the project's folder, of the lock alone: nothing need be installed. npm ends with 1 when it
 * found something and says so in the same JSON, so that its exit code tells nothing. Throws when it says none.
 */
export const npm = (
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<unknown> =>
  new Promise((done, failed) => {
    const child = spawn('npm', [...args, '--package-lock-only', '--json'], {
      cwd: ROOT,
      env: { ...process.env, ...environment },
    });
    const [said, complained]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (piece: Buffer) => said.push(piece));
    child.stderr.on('data', (piece: Buffer) => complained.push(piece));
    child.once('error', failed);
    child.once('close', () => {
      try {
        done(JSON.parse(Buffer.concat(said).toString()));
      } catch {
        failed(new Error(`npm ${args[0]}: ${Buffer.concat(complained).toString().trim()}`));
      }
    });
  });

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Keeps a second Latchkey off the same state: two workerds over one SQLite file would spoil it. */
export interface Lock {
  readonly release: () => void;
}

/** The lock, or what stands in the way. */
export type Locked =
  | { readonly ok: true; readonly lock: Lock }
  | { readonly ok: false; readonly problem: string };

/** Takes the folder for this process; a lock whose process has gone is nobody's. */
export const takeLock = (folder: string, port: number): Locked => {
  const path = join(folder, 'running');
  const holder = readHolder(path);
  if (holder !== null && isAlive(holder.pid)) {
    const problem = `Latchkey runs already from ${folder}: process ${holder.pid}, port ${holder.port}.`;
    return { ok: false, problem: `${problem}\nEnd that one, or remove ${path} if it is something else.` };
  }
  writeFileSync(path, `${process.pid} ${port}\n`);
  return { ok: true, lock: { release: () => rmSync(path, { force: true }) } };
};

const readHolder = (path: string): { readonly pid: number; readonly port: number } | null => {
  try {
    const [pid = 0, port = 0] = readFileSync(path, 'utf8').split(/\s+/).map(Number);
    return pid > 0 ? { pid, port } : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

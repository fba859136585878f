import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** CPU time that a process has used, all its threads, in microseconds. */
export const cpuOf = (pid: number | 'self'): number => {
  const [user, system] = timesOf(pid);
  return (user + system) * tickMicros();
};

/** CPU time of this process and of all its children that have ended, in microseconds. */
export const cpuOfUs = (): number => timesOf('self').reduce((sum, ticks) => sum + ticks, 0) * tickMicros();

/** CPU time of all children of this process that have ended, in microseconds. */
export const cpuOfEnded = (): number => {
  const [, , children, childrenSystem] = timesOf('self');
  return (children + childrenSystem) * tickMicros();
};

/** CPU time of a process, of all that it started, and of all that those started, in microseconds. */
export const cpuOfFamily = (eldest: number): number => {
  const processes = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => statOf(Number(name))),
  );
  const isOf = (pid: number): boolean => pid === eldest || (pid > 1 && isOf(processes.get(pid)?.parent ?? 0));
  return (
    [...processes].filter(([pid]) => isOf(pid)).reduce((sum, [, { ticks }]) => sum + ticks, 0) * tickMicros()
  );
};

/** CPU time that the whole machine has used, in microseconds. */
export const cpuOfMachine = (): number => {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user, nice, system, , , irq, softirq] = line
    .replace(/^cpu +/, '')
    .split(' ')
    .map(Number);
  return [user, nice, system, irq, softirq].reduce<number>((sum, ticks = 0) => sum + ticks, 0) * tickMicros();
};

const timesOf = (pid: number | 'self'): readonly [number, number, number, number] => {
  const [user, system, children, childrenSystem] = fieldsOf(pid).slice(11, 15).map(Number);
  return [user ?? 0, system ?? 0, children ?? 0, childrenSystem ?? 0];
};

/** Nothing of a process that ended while others were read. */
const statOf = (
  pid: number,
): readonly (readonly [number, { readonly parent: number; readonly ticks: number }])[] => {
  try {
    const [, parent, ...rest] = fieldsOf(pid).map(Number);
    const ticks = rest.slice(9, 13).reduce((sum, each) => sum + each, 0);
    return [[pid, { parent: parent ?? 0, ticks }]];
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return [];
    throw error;
  }
};

/** From the third field on: the second is the process's name and may hold anything, up to the last parenthesis. */
const fieldsOf = (pid: number | 'self'): readonly string[] => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
};

let known: number | undefined;
const tickMicros = (): number => {
  known ??= 1_000_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return known;
};

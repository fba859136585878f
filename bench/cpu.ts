import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** CPU time that a process has used, all its threads, in microseconds. */
export const cpuOf = (pid: number | 'self'): number => {
  const [user, system] = timesOf(pid);
  return (user + system) * tickMicros();
};

/** CPU time of this process and of all its children that have ended, in microseconds. */
export const cpuOfUs = (): number => timesOf('self').reduce((sum, ticks) => sum + ticks, 0) * tickMicros();

/** CPU time that the whole machine has used, in microseconds. */
export const cpuOfMachine = (): number => {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user, nice, system, , , irq, softirq] = line
    .replace(/^cpu +/, '')
    .split(' ')
    .map(Number);
  return [user, nice, system, irq, softirq].reduce<number>((sum, ticks = 0) => sum + ticks, 0) * tickMicros();
};

/** The second field of the file is the process's name and may hold anything, up to the last parenthesis. */
const timesOf = (pid: number | 'self'): readonly [number, number, number, number] => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system, children, childrenSystem] = fields.slice(11, 15).map(Number);
  return [user ?? 0, system ?? 0, children ?? 0, childrenSystem ?? 0];
};

let known: number | undefined;
const tickMicros = (): number => {
  known ??= 1_000_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  return known;
};

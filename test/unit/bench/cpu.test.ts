import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { cpuOf, cpuOfEnded, cpuOfFamily } from '../../../bench/cpu.ts';

/** Uses this much, says so, and waits for its end. */
const MICROS = 200_000;
const BUSY = `
  while (process.cpuUsage().user < ${MICROS});
  process.stdout.write('done');
  process.stdin.on('end', () => process.exit()).resume();
`;

/** The clock of the kernel's accounts ticks in hundredths of a second. */
const TICK = 20_000;

describe('CPU of processes', () => {
  it("a family's is that of all who were started, and stays when they end", async () => {
    const before = { family: cpuOfFamily(process.pid), ended: cpuOfEnded() };
    const child = spawn(process.execPath, ['-e', BUSY], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const alone = cpuOf(child.pid ?? -1);
    expect(alone).toBeGreaterThanOrEqual(MICROS - TICK);
    expect(cpuOfFamily(child.pid ?? -1)).toBeGreaterThanOrEqual(alone);
    expect(cpuOfFamily(process.pid) - before.family).toBeGreaterThanOrEqual(MICROS - TICK);
    expect(cpuOfEnded()).toBe(before.ended);

    child.stdin.end();
    await once(child, 'exit');
    expect(cpuOfEnded() - before.ended).toBeGreaterThanOrEqual(MICROS - TICK);
    expect(cpuOfFamily(process.pid) - before.family).toBeGreaterThanOrEqual(MICROS - TICK);
  });
});

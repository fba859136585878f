import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Wrangler } from '../../../cli/wrangler.ts';
import { freshSecrets } from '../../../tools/serve/secrets.ts';

/** What a list of keys is made of, whichever of the two it is. */
interface Named {
  readonly id?: string;
  readonly kid?: string;
}

/** When the clock of an operator begins. */
const NOON = Date.UTC(2026, 10, 26, 12);

/** The name of the first key that is made on that day. */
export const TODAY = '2026-11-26';

/** The folder of an operator with the secrets of production, and a clock that goes only when somebody waits. */
export const operatorsFolder = (secrets: Readonly<Record<string, string>> = freshSecrets()) => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-operator-'));
  const path = join(folder, '.latchkey/secrets.production.json');
  mkdirSync(join(folder, '.latchkey'));
  writeFileSync(path, JSON.stringify(secrets), { mode: 0o600 });
  let offset = 0;
  const read = (file = path): Record<string, string> => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    return JSON.parse(readFileSync(file, 'utf8'));
  };
  return {
    folder,
    secrets: read,
    retired: () => read(join(folder, '.latchkey/retired.production.json')),
    write: (more: Readonly<Record<string, string>>) =>
      writeFileSync(path, JSON.stringify({ ...read(), ...more }), { mode: 0o600 }),
    /** The names of the keys that stand in a secret, in their order. */
    ids: (name: string): readonly string[] => idsIn(read()[name] ?? ''),
    /** How much was waited, in milliseconds. */
    waited: () => offset,
    clock: {
      now: () => NOON + offset,
      wait: async (ms: number) => {
        offset += ms;
      },
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
};

export const idsIn = (text: string): readonly string[] => {
  const value = JSON.parse(text) as { readonly keys: readonly Named[] };
  const keys = (Array.isArray(value) ? value : value.keys) as readonly Named[];
  return keys.map(({ id, kid }) => id ?? kid ?? '');
};

/** A wrangler that takes secrets down as the Worker would get them, or fails as often as it is told to. */
export const recordingWrangler = () => {
  const calls: { readonly args: readonly string[]; readonly secrets: Record<string, string> }[] = [];
  let failures = 0;
  const wrangler: Wrangler = async (args, { input = '{}' } = {}) => {
    if (failures-- > 0) return { code: 1, stdout: '', stderr: 'a network that is none' };
    failures = 0;
    calls.push({ args, secrets: JSON.parse(input) });
    return { code: 0, stdout: '', stderr: '' };
  };
  return {
    wrangler,
    calls,
    fail: (times = 1) => {
      failures = times;
    },
    /** What the Worker has by now of one of its secrets. */
    sent: (name: string): string | undefined =>
      calls.findLast(({ secrets }) => secrets[name] !== undefined)?.secrets[name],
  };
};

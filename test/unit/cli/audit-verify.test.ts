import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChainedEntry } from '../../../src/model/audit-chain.ts';
import { auditObject } from '../../../src/model/audit-wire.ts';
import { toBase64url } from '../../../src/model/bytes.ts';
import { callLatchkey } from '../../outside/cli/recorder.ts';
import { auditEntry, chained, RING } from '../model/audit-rows.ts';
import { keychainOf, masterKey } from '../model/keys.ts';

/** Two master keys as the operator has them, and the trail that they chained: rows 1 to 20 under the older one. */
const MASTER_KEYS = JSON.stringify(
  ['new', 'old'].map(masterKey).map(({ id, key }) => ({ id, key: toBase64url(key) })),
);
const { current, all } = await keychainOf('new', 'old');
const ROWS = chained(
  Array.from({ length: 42 }, (_, i) => auditEntry(i + 1)),
  (seq) => {
    const { id, auditKey } = (seq > 20 ? current : all[1]) ?? current;
    return { id, key: auditKey };
  },
);
const HEAD = { ring: RING, seq: 42, mac: ROWS.at(-1)?.mac, exported_at: '2026-11-01T12:00:00.000Z' };

const OWNER = { type: 'owner', ring: RING, owner: { kind: 'user', id: 'user-test-1' } };
const lineOf = (row: ChainedEntry) => ({ type: 'audit', ...auditObject(row) });
const ndjson = (...lines: readonly unknown[]): string =>
  lines.map((line) => (typeof line === 'string' ? `${line}\n` : `${JSON.stringify(line)}\n`)).join('');
/** The whole export, with each row as `change` leaves it. */
const exported = (change: (row: ChainedEntry) => unknown = lineOf): string =>
  ndjson(OWNER, { type: 'key', key_id: 'x' }, ...ROWS.map(change), { type: 'usage', key_id: 'x' });
const withRow = (seq: number, members: object): string =>
  exported((row) => (row.seq === seq ? { ...lineOf(row), ...members } : lineOf(row)));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-audit-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

let written = 0;
const file = (text: string): string => {
  const path = join(folder, `${++written}.json`);
  writeFileSync(path, text);
  return path;
};

/** Calls the command, with the master keys in its environment unless told otherwise. */
const run = async (args: readonly string[], keys: string = MASTER_KEYS) => {
  const { code, said, told } = await callLatchkey(['audit', ...args], {
    env: { LATCHKEY_MASTER_KEYS: keys },
  });
  const written = (text: string): string => (text === '' ? '' : `${text}\n`);
  return { code, stdout: written(said), stderr: written(told) };
};

const OK = `ok: 42 entries, head 42 ${HEAD.mac}\n`;

describe('an export', () => {
  it('that is as it was written is good, and its head is told', async () => {
    expect(await run(['verify', file(exported())])).toEqual({ code: 0, stdout: OK, stderr: '' });
  });

  it('is good against its head, with the keys from a file', async () => {
    const args = ['verify', file(exported()), '--head', file(JSON.stringify(HEAD))];
    expect(await run([...args, '--keys', file(MASTER_KEYS)], '')).toEqual({
      code: 0,
      stdout: OK,
      stderr: '',
    });
  });

  it('is good with the keys that the operator’s folder keeps, those that were taken off too', async () => {
    const [present, past] = JSON.parse(MASTER_KEYS);
    const kept = mkdtempSync(join(folder, 'operator-'));
    mkdirSync(join(kept, '.latchkey'));
    const write = (name: string, value: string) =>
      writeFileSync(
        join(kept, '.latchkey', `${name}.production.json`),
        JSON.stringify({ LATCHKEY_MASTER_KEYS: value }),
      );
    write('secrets', JSON.stringify([present]));
    const verify = () => callLatchkey(['audit', 'verify', file(exported())], { folder: kept });
    expect(await verify()).toMatchObject({ code: 1, said: 'row 1: unknown key' });
    write('retired', JSON.stringify([{ id: past.id, key: past }]));
    expect(await verify()).toMatchObject({ code: 0, said: OK.trim() });
  });

  it('of a pruned trail is good behind its anchor', async () => {
    const anchor = { type: 'audit_anchor', seq: 30, mac: ROWS[29]?.mac };
    const text = ndjson(OWNER, anchor, ...ROWS.slice(30).map(lineOf));
    const stdout = OK.replace('42 entries', '12 entries');
    expect(await run(['verify', file(text)])).toEqual({ code: 0, stdout, stderr: '' });
  });

  it('without a trail is good, and has no head', async () => {
    const stdout = 'ok: 0 entries, no head\n';
    expect(await run(['verify', file(ndjson(OWNER))])).toEqual({ code: 0, stdout, stderr: '' });
  });

  const without = (...seqs: readonly number[]) =>
    exported((row) => (seqs.includes(row.seq) ? '' : lineOf(row)));
  const swapped = () => {
    const lines = exported().split('\n');
    return lines.toSpliced(7, 2, lines[8] ?? '', lines[7] ?? '').join('\n');
  };

  it.each([
    ['a row with another action', withRow(17, { action: 'key.revoked' }), 'row 17: altered'],
    ['a row with another time', withRow(17, { at: '2026-11-01T12:00:18.000Z' }), 'row 17: altered'],
    ['a row with other details', withRow(17, { details: {} }), 'row 17: altered'],
    ['a row under the other master key', withRow(17, { master_key: 'new' }), 'row 17: altered'],
    ['a row under a key that is not given', withRow(17, { master_key: 'x' }), 'row 17: unknown key'],
    ['a row that was taken out', without(17), 'row 17: missing'],
    ['a row that became another thing', withRow(17, { type: 'note' }), 'row 17: missing'],
    ['rows that were swapped', swapped(), 'row 6: out of order'],
    ['a row with a member more', withRow(17, { note: 'x' }), 'row 17: unreadable, line 19: is no row'],
    ['a row whose time is none', withRow(17, { at: 'noon' }), 'row 17: unreadable, line 19: is no row'],
    [
      'a row that cannot be read behind one that was altered',
      withRow(5, { via: null }).replace('"seq":17,', ''),
      'row 5: altered',
    ],
    ['a line that is no JSON', exported().replace('{"type":"usage"', '{'), 'line 45: is not a JSON object'],
    ['a second owner', `${exported()}${ndjson(OWNER)}`, 'line 46: names an owner again'],
    [
      'an anchor behind the rows',
      `${exported()}${ndjson({ type: 'audit_anchor', seq: 42, mac: HEAD.mac })}`,
      'line 46: is no anchor',
    ],
    [
      'an anchor that is another one',
      ndjson(OWNER, { type: 'audit_anchor', seq: 1, mac: HEAD.mac }, ...ROWS.slice(1).map(lineOf)),
      'row 2: altered',
    ],
    ['another ring', exported().replace(RING, RING.toLowerCase()), 'row 1: altered'],
    ['no owner', ndjson(...ROWS.map(lineOf)), 'line 1: names no owner with a ring, as an export does'],
    ['nothing in it', '', 'line 1: names no owner with a ring, as an export does'],
  ])('with %s is not good, and the place is named', async (_, text, line) => {
    expect(await run(['verify', file(text)])).toEqual({ code: 1, stdout: `${line}\n`, stderr: '' });
  });
});

describe('a head', () => {
  const against = (text: string, head: object) =>
    run(['verify', file(text), '--head', file(JSON.stringify(head))]);
  const cut = exported((row) => (row.seq > 40 ? '' : lineOf(row)));

  it('shows that the latest rows were cut off, which does not show without it', async () => {
    expect(await run(['verify', file(cut)])).toMatchObject({ code: 0 });
    expect(await against(cut, HEAD)).toEqual({ code: 1, stdout: 'row 41: missing\n', stderr: '' });
  });

  it('of the same number and another mac is not reached', async () => {
    const head = { ...HEAD, mac: ROWS[0]?.mac };
    expect(await against(exported(), head)).toEqual({
      code: 1,
      stdout: 'row 42: not the head\n',
      stderr: '',
    });
  });

  it('of another ring is none of this trail', async () => {
    const stdout = 'the head is of another ring\n';
    expect(await against(exported(), { ...HEAD, ring: 'x' })).toEqual({ code: 1, stdout, stderr: '' });
  });
});

describe('a call', () => {
  it('for help is told how to call', async () => {
    const { code, stdout, stderr } = await run(['verify', '--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('npm run latchkey -- audit verify EXPORT.ndjson');
  });

  it.each([
    ['without an export', ['verify'], 'Say one export.'],
    ['with two exports', ['verify', 'x', 'y'], 'Say one export.'],
    ['with an option that is not there', ['verify', 'x', '--force'], '--force'],
    ['with an option without its value', ['verify', 'x', '--head'], '--head'],
  ])('%s ends with 2, and how to call', async (_, args, problem) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(problem);
    expect(stderr).toContain('npm run latchkey -- audit verify EXPORT.ndjson');
  });

  it.each([
    ['an export', (gone: string) => [gone]],
    ['a head', (gone: string) => [file(exported()), '--head', gone]],
    ['keys', (gone: string) => [file(exported()), '--keys', gone]],
  ])('with a file for %s that is not there ends with 2', async (_, argsOf) => {
    const gone = join(folder, 'gone');
    const stderr = `${gone}: cannot be read (ENOENT)\n`;
    expect(await run(['verify', ...argsOf(gone)])).toEqual({ code: 2, stdout: '', stderr });
  });

  it('with a head that is none ends with 2', async () => {
    const head = file('{"seq":1}');
    const stderr = `${head}: is no head\n`;
    expect(await run(['verify', file(exported()), '--head', head])).toEqual({ code: 2, stdout: '', stderr });
  });

  it.each([
    ['no JSON', 'correct-horse-battery-staple'],
    ['no list', '"correct-horse-battery-staple"'],
    ['too short', '[{"id":"a","key":"correct-horse-battery-staple"}]'],
    ['absent', ''],
  ])('with master keys that are %s ends with 2, and repeats nothing of them', async (_, keys) => {
    const { code, stdout, stderr } = await run(['verify', file(exported())], keys);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^LATCHKEY_MASTER_KEYS/);
    expect(stderr).not.toContain('horse');
  });
});

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, member, textOf } from '../http.ts';
import type { Stage } from '../stage.ts';
import { demand } from '../world.ts';
import type { Days } from './days.ts';

type AtDesk = (path: string) => Promise<Answer>;

/** What has to have been written down, oldest first. */
const WRITTEN = [
  ...['key.created', 'key.changed', 'key.rotation_started', 'key.rotation_finished'],
  ...[
    'key.rotation_started',
    'key.rotation_finished',
    'key.created',
    'key.leaked',
    'key.revoked',
    'key.expired',
  ],
];

/** Reads the owner's trail, has `latchkey audit verify` verify it, alters a row, and has that one named. */
export const verifyTrail = async (stage: Stage, days: Days, atDesk: AtDesk): Promise<void> => {
  const head = await atDesk('/v1/audit/head');
  demand(head, 200);
  const rows = await trail(atDesk);
  const actions = rows.map((row) => textOf(row, 'action'));
  stage.list(
    rows.map((row) => [textOf(row, 'at'), `${textOf(row, 'action')} by ${textOf(row, 'actor', 'kind')}`]),
  );
  stage.check(
    JSON.stringify(actions) === JSON.stringify(WRITTEN),
    'every step is there, in its order',
    actions.join(', '),
  );
  const headFile = join(days.folder, 'head.json');
  writeFileSync(headFile, head.text);
  const whole = verify(days, headFile, textOf(head.json, 'ring'), rows);
  stage.tell(`latchkey audit verify → ${whole.said}`);
  stage.check(whole.status === 0, 'the trail is as it was written');
  const altered = rows.map((row, i) => (i === 4 ? { ...row, key_id: 'another' } : row));
  const found = verify(days, headFile, textOf(head.json, 'ring'), altered);
  stage.tell(`with another key in row 5 → ${found.said}`);
  stage.check(found.status === 1 && found.said.startsWith('row 5: altered'), 'and the altered row is named');
};

/** All pages, oldest row first. */
const trail = async (atDesk: AtDesk): Promise<readonly object[]> => {
  const rows: object[] = [];
  for (let cursor = ''; ; ) {
    const page = await atDesk(`/v1/audit?limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
    demand(page, 200);
    rows.push(...(member(page.json, 'data') as object[]));
    const next = member(page.json, 'next_cursor');
    if (typeof next !== 'string') return rows.reverse();
    cursor = next;
  }
};

const verify = (days: Days, headFile: string, ring: string, rows: readonly object[]) => {
  const file = join(days.folder, 'trail.ndjson');
  const lines = [{ type: 'owner', ring }, ...rows.map((row) => ({ type: 'audit', ...row }))];
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const secrets = readFileSync(join(days.folder, 'secrets.env'), 'utf8');
  const masterKeys = /^LATCHKEY_MASTER_KEYS='(.*)'$/m.exec(secrets)?.[1] ?? '';
  const tool = join(import.meta.dirname, '../../cli/index.ts');
  const ran = spawnSync(process.execPath, [tool, 'audit', 'verify', file, '--head', headFile], {
    ...{ encoding: 'utf8', env: { ...process.env, LATCHKEY_MASTER_KEYS: masterKeys } },
  });
  return { status: ran.status, said: `${ran.stdout}${ran.stderr}`.trim() };
};

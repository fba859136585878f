import { runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memberWith, operatorOf, visit } from '../places.ts';
import { inUse } from '../secrets.ts';
import { desk, issueKey, now, ringStub, signIn, subjectOf } from '../world.ts';

interface Listed {
  readonly key_id: string;
  readonly name: string;
}

interface Page {
  readonly data: readonly Listed[];
  readonly next_cursor: string | null;
}

let session: string;

beforeEach(async () => {
  session = await signIn();
});
afterEach(now);

const page = async (query: Readonly<Record<string, string>>): Promise<Page> => {
  const answer = await desk(session, 'GET', `/v1/keys?${new URLSearchParams(query)}`);
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  return answer.json();
};

const names = async (query: Readonly<Record<string, string>>): Promise<readonly string[]> =>
  (await page(query)).data.map(({ name }) => name);

/** A whole list, page by page; every page but the last is full, unless there is more of it than one page looks at. */
const walk = async (
  query: Readonly<Record<string, string>>,
  limit: number,
  isLong = false,
): Promise<readonly Listed[]> => {
  const found: Listed[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { data, next_cursor } = await page({
      ...{ ...query, limit: String(limit) },
      ...(cursor === '' ? {} : { cursor }),
    });
    if (next_cursor !== null && !isLong) expect(data).toHaveLength(limit);
    found.push(...data);
    cursor = next_cursor;
  }
  return found;
};

/** A row of the Ring as a test wants it; the rest is of no matter. */
interface Row {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly status?: string;
  readonly scopes?: readonly string[];
  readonly createdAt?: number;
  readonly lastUsedAt?: number | null;
  readonly expiresAt?: number | null;
}

/** Writes keys down that nobody made: hundreds of them cost nothing. */
const written = async (rows: readonly Row[]): Promise<void> => {
  const { key_id } = await issueKey(session, ['items:read'], { name: 'zzz' });
  const columns =
    'client_id, status, name, description, scopes, created_by, created_at, expires_at, last_four, last_used_at, generation, master_key';
  await runInDurableObject(await ringStub(session), (_object, { storage }) => {
    for (const row of rows) {
      const { id, name = id, description = '', status = 'active', scopes = ['items:read'] } = row;
      const { createdAt = 1, lastUsedAt = null, expiresAt = null } = row;
      storage.sql.exec(
        `INSERT INTO keys (${columns}) VALUES (?, ?, ?, ?, ?, 'x', ?, ?, 'last', ?, 1, 'x')`,
        ...[id, status, name, description, JSON.stringify(scopes), createdAt, expiresAt, lastUsedAt],
      );
    }
    storage.sql.exec("UPDATE keys SET status = 'revoked' WHERE client_id = ?", key_id);
  });
};

describe('a search', () => {
  it('finds what is in the name, in the description, in the key id or at the end of the key', async () => {
    const named = await issueKey(session, ['items:read'], { name: 'Nightly Backup' });
    const described = await issueKey(session, ['items:read'], { name: 'b', description: 'the BACKUP robot' });
    await issueKey(session, ['items:read'], { name: 'c' });
    expect(await names({ search: 'backup' })).toEqual(['b', 'Nightly Backup']);
    expect(await names({ search: '  ly back ' })).toEqual(['Nightly Backup']);
    const found = async (search: string) => (await page({ search })).data.map(({ key_id }) => key_id);
    expect(await found(named.key_id)).toEqual([named.key_id]);
    expect(await found(described.key_id.slice(-9).toLowerCase())).toEqual([described.key_id]);
    expect(await found(described.key.slice(-4))).toContain(described.key_id);
    expect(await found('')).toHaveLength(3);
    expect(await found('nothing like it')).toEqual([]);
  });

  it.each([
    ['ärger', 'Ärger im Büro'],
    ['ÄRGER IM BÜRO', 'Ärger im Büro'],
    ['A\u0308rger', 'Ärger im Büro'],
    ['hauptstrasse', 'Hauptstraße'],
    ['ΟΔΟΣ', 'οδός οδος'],
    ['москва', 'МОСКВА'],
    ['鍵', '夜の鍵'],
  ])('knows the case of every letter: %s finds %s', async (search, name) => {
    await written([{ id: 'one', name }, { id: 'other' }]);
    expect(await names({ search })).toEqual([name]);
  });

  it.each(['%', '_', '*', '?', '[a]', '\\', "'", '"', "' OR 1=1 --", '%%', '__'])(
    'takes %s for what it is',
    async (search) => {
      await written([{ id: 'a', name: `-${search}-` }, { id: 'b' }, { id: 'c', name: 'ab' }]);
      expect(await names({ search })).toEqual([`-${search}-`]);
    },
  );

  it('may be as long as it says, in any letters', async () => {
    const name = 'ä'.repeat(64);
    await written([{ id: 'a', name, description: '鍵'.repeat(100) }]);
    expect(await names({ search: '鍵'.repeat(100) })).toEqual([name]);
  });

  it('goes through however many there are, and ends each page right', async () => {
    const many = Array.from({ length: 4_500 }, (_, i) => ({
      ...{ id: `k${i}`, createdAt: 10_000 - i, status: 'revoked' },
      name: i % 900 === 0 ? `Träffer ${i}` : `Schlüssel ${i}`,
    }));
    await written(many);
    const hits = [0, 900, 1800, 2700, 3600].map((i) => `Träffer ${i}`);
    for (const limit of [1, 2, 4, 5, 6]) {
      const found = await walk({ search: 'TRÄFFER', status: 'revoked' }, limit, true);
      expect(found.map(({ name }) => name)).toEqual(hits);
    }
  });
});

describe('a filter by scope', () => {
  it('meets each key that has it once, whatever the order, where a page looks at fewer than there are', async () => {
    await written(
      Array.from({ length: 4_500 }, (_, i) => ({
        ...{
          id: `k${i}`,
          createdAt: 10_000 - Math.floor(i / 7),
          status: ['revoked', 'expired'][i % 2] ?? '',
        },
        ...{
          name: i % 3 === 0 ? `Key ${i % 50}` : `key ${i % 40}`,
          lastUsedAt: i % 5 === 0 ? null : i % 100,
        },
        ...{ expiresAt: i % 4 === 0 ? null : i % 90 },
        scopes: i % 300 === 299 ? ['items:write'] : ['items:read'],
      })),
    );
    const hits = Array.from({ length: 15 }, (_, i) => `k${300 * i + 299}`).sort();
    for (const sort of ['created', 'used', 'expires', 'name'])
      for (const limit of [2, 100]) {
        const found = await walk({ scope: 'items:write', status: 'all', sort }, limit, true);
        expect([sort, found.map(({ key_id }) => key_id).sort()]).toEqual([sort, hits]);
      }
  });

  it('answers an empty page that is not the last, where nothing of what it looked at has it', async () => {
    const wish = { scope: 'items:nobodys', status: 'all' };
    const keysOf = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => ({ id: `k${from + i}`, status: 'revoked' }));
    // With the one that is made first, as many as a page looks at.
    await written(keysOf(0, 1_999));
    expect(await page(wish)).toEqual({ data: [], next_cursor: null });
    await written(keysOf(1_999, 2_000));
    const first = await page(wish);
    expect([first.data, typeof first.next_cursor]).toEqual([[], 'string']);
    expect(await page({ ...wish, cursor: first.next_cursor ?? '' })).toEqual({ data: [], next_cursor: null });
  });

  it('is for that very scope, and goes with the others', async () => {
    await written([
      { id: 'a', scopes: ['items:read', 'items:write'] },
      { id: 'b', scopes: ['items:read:all'] },
      { id: 'c', scopes: ['items:write'], status: 'revoked' },
      { id: 'd', scopes: ['items:write'] },
    ]);
    expect(await names({ scope: 'items:read' })).toEqual(['a']);
    expect(await names({ scope: 'items' })).toEqual([]);
    expect(await names({ scope: 'items:%' })).toEqual([]);
    expect(await names({ scope: 'items:write', sort: 'name' })).toEqual(['a', 'd']);
    expect(await names({ scope: 'items:write', status: 'revoked' })).toEqual(['c']);
    expect(await names({ scope: 'items:write', search: 'D' })).toEqual(['d']);
  });
});

describe('the order of a list', () => {
  const ROWS: readonly Row[] = [
    { id: 'm1', name: 'beta', createdAt: 5, lastUsedAt: 50, expiresAt: null },
    { id: 'm2', name: 'Alpha', createdAt: 4, lastUsedAt: null, expiresAt: 4_000_000_000_000 },
    { id: 'm3', name: 'alpha', createdAt: 3, lastUsedAt: 70, expiresAt: 3_000_000_000_000 },
    { id: 'm4', name: 'gamma', createdAt: 2, lastUsedAt: null, expiresAt: null },
    { id: 'm5', name: 'Beta "x"\\', createdAt: 1, lastUsedAt: 50, expiresAt: 3_000_000_000_000 },
  ];

  it.each([
    ['created', ['m1', 'm2', 'm3', 'm4', 'm5']],
    ['used', ['m3', 'm5', 'm1', 'm4', 'm2']],
    ['expires', ['m3', 'm5', 'm2', 'm1', 'm4']],
    ['name', ['m2', 'm3', 'm1', 'm5', 'm4']],
  ])('by %s is the same in pages of every size', async (sort, ids) => {
    await written(ROWS);
    for (const limit of [1, 2, 3, 4, 5, 100]) {
      expect((await walk({ sort }, limit)).map(({ key_id }) => key_id)).toEqual(ids);
    }
  });

  it('keeps a cursor for the longest name there can be, in the widest letters', async () => {
    const name = '\u{1F511}'.repeat(100);
    await written([
      { id: 'x'.repeat(128), name },
      { id: 'y'.repeat(128), name },
    ]);
    const found = await walk({ sort: 'name' }, 1);
    expect(found.map(({ key_id }) => key_id[0])).toEqual(['x', 'y']);
  });

  it('is newest first where nobody says, and so it is for an organisation and an operator', async () => {
    await written(ROWS);
    expect(await names({})).toEqual(ROWS.map(({ name }) => name));
    const operator = await operatorOf(subjectOf(session));
    const seen = (await (await visit(operator, 'GET', '/keys?sort=used&search=ALPHA')).json()) as Page;
    expect(seen.data.map(({ key_id }) => key_id)).toEqual(['m3', 'm2']);
    const member = await memberWith(['keymaster']);
    const made = await visit(member, 'POST', '/keys', { name: 'Robot', scopes: ['items:read'] });
    inUse(((await made.json()) as { key: string }).key);
    const listed = (await (await visit(member, 'GET', '/keys?sort=name&search=rob')).json()) as Page;
    expect(listed.data.map(({ name }) => name)).toEqual(['Robot']);
  });
});

import { describe, expect, it, vi } from 'vitest';
import { formTo, type Holder, madeKey, newHolder, unescaped } from '../key-pages.ts';
import { asOperator } from '../operators.ts';
import { textOf } from '../person.ts';
import { beginAfresh, desk, isolate, later, rooms, send } from '../world.ts';

/** What was used, and what was done: the pages say what the JSON endpoints say. */
beginAfresh();

const json = async ({ session, api }: Holder, path: string) =>
  (await (await desk(session, 'GET', `${api}${path}`)).json()) as Record<string, unknown>;

interface Totals {
  readonly totals: { readonly admitted: number; readonly refused: number; readonly limited: number };
}

/** The table of a chart, row by row. */
const rowsOf = async (page: Response): Promise<readonly (readonly string[])[]> => {
  const html = await page.text();
  const [, table = ''] = /<table[^>]*>([\s\S]*?)<\/table>/.exec(html) ?? [];
  const [, body = ''] = /<tbody>([\s\S]*?)<\/tbody>/.exec(table) ?? [];
  return [...body.matchAll(/<tr>([\s\S]*?)<\/tr>/g)].map(([, row = '']) =>
    [...row.matchAll(/<t[dh][^>]*>([\s\S]*?)<\/t[dh]>/g)].map(([, cell = '']) =>
      unescaped(cell.replaceAll(/<[^>]*>/g, '')),
    ),
  );
};

/** Somebody with two keys that were used, and one request that was refused. */
const used = async () => {
  const ada = await newHolder(send, 1440);
  await later(0);
  const [one, two] = [await madeKey(ada, { name: 'one' }), await madeKey(ada, { name: 'two' })];
  const here = isolate();
  for (let i = 0; i < 7; i++) expect((await here.call(one.key)).status).toBe(200);
  for (let i = 0; i < 3; i++) expect((await here.call(two.key)).status).toBe(200);
  expect((await here.call(one.key, '/v1/payouts/1')).status).toBe(403);
  for (let i = 0; i < 8; i++) {
    await later(1);
    for (const { key } of [one, two]) await here.call(key);
  }
  await later(10);
  await here.call(one.key);
  await here.call(two.key);
  return { ada, one, two };
};

describe('usage', () => {
  it.each(['24h', '7d', '90d'] as const)('over %s is what the JSON endpoint counts', async (range) => {
    const { ada, one } = await used();
    const by = range === '90d' ? 'day' : 'hour';
    const days = { '24h': 1, '7d': 7, '90d': 90 }[range];
    const from = new Date(Date.now() - (days - (by === 'day' ? 1 : 0)) * 86_400_000).toISOString();
    for (const [page, path] of [
      [`/keys/${one.keyId}`, `/keys/${one.keyId}/usage`],
      ['/usage', '/usage'],
    ] as const) {
      // What isolates did is told in the background.
      await vi.waitFor(async () => {
        const answer = await ada.get(`${page}?range=${range}`);
        expect(answer.status).toBe(200);
        const rows = await rowsOf(answer);
        const sum = rows
          .map((cells) => cells.slice(1).map((cell) => Number(cell.replaceAll(/\D/g, '') || '0')))
          .reduce((total, cells) => total + cells.reduce((a, b) => a + b, 0), 0);
        const report = (await json(ada, `${path}?by=${by}&from=${from}`)) as unknown as {
          readonly data: readonly Totals['totals'][];
        };
        const told = report.data.reduce(
          (a, { admitted, refused, limited }) => a + admitted + refused + limited,
          0,
        );
        expect([page, sum]).toEqual([page, told]);
        expect(told).toBeGreaterThan(0);
      }, 20_000);
    }
  });

  it.each(['', 'junk', '__proto__', 'toString', 'constructor', '24H', '7d&range=90d'])(
    'over the range %j is that of a day, or of the first that is named',
    async (range) => {
      const ada = await newHolder();
      const { path } = await madeKey(ada);
      const [chosen] = range.startsWith('7d') ? ['7 days'] : ['24 hours'];
      for (const page of ['/usage', path]) {
        const html = await (await ada.get(`${page}?range=${range}`)).text();
        const [, here] = /<a href="[^"]*" aria-current="true">([^<]*)</.exec(html) ?? [];
        expect([page, here]).toEqual([page, chosen]);
      }
    },
  );

  it('of who did nothing is nothing, and his limits are whole', async () => {
    const ada = await newHolder();
    const text = await textOf(await ada.get('/usage'));
    expect(text).toContain('No requests in this time.');
    expect(text).toContain('600 of 600 left');
  });

  it('tells what is left of the limits, of a plan too, as the JSON endpoint does', async () => {
    const ada = await newHolder();
    await asOperator('PUT', `/v1/users/${ada.userId}/limits`, { plan: 'trial', keys_limit: null });
    const { key, path } = await madeKey(ada, { limit_requests: '50', limit_seconds: '3600' });
    await rooms.ORIGIN.reset();
    for (let i = 0; i < 3; i++) expect((await isolate().call(key)).status).toBe(200);
    const { limits } = (await json(ada, '/limits')) as {
      limits: { name: string; limit: number; remaining: number }[];
    };
    const text = await textOf(await ada.get(path));
    expect(text).toContain('this key');
    expect(text).toMatch(/of 50 left/);
    expect(text).toMatch(/Requests in this month \(UTC\), all keys together/);
    expect(text).toMatch(/of 20 left/);
    expect(limits.length).toBeGreaterThan(0);
  });
});

describe('the trail', () => {
  it('has what its user did, by the names of the keys, newest first', async () => {
    const ada = await newHolder();
    const one = await madeKey(ada, { name: 'Backup' });
    const form = await formTo(await ada.get(`${one.path}/change`), `${one.path}/change`, { name: 'Renamed' });
    await ada.post(`${one.path}/change`, form, { 'cf-connecting-ip': '192.0.2.77' });
    await ada.post(`${one.path}/revoke`, { csrf: form.csrf ?? '' });
    const text = await textOf(await ada.get('/audit'));
    expect(text).toMatch(/Key revoked.*Key changed.*Key created/s);
    expect(text).toContain('Renamed');
    expect(text).toContain('192.0.2.77');
    expect(text).toContain('You');
    const { data } = (await json(ada, '/audit')) as { data: { action: string; actor: { id: string } }[] };
    expect(data.map(({ action }) => action)).toEqual(['key.revoked', 'key.changed', 'key.created']);
    expect(new Set(data.map(({ actor }) => actor.id))).toEqual(new Set([ada.userId]));
  });

  it('is of whoever looks, and of nobody else', async () => {
    const [ada, eve] = [await newHolder(), await newHolder()];
    const { keyId } = await madeKey(ada, { name: 'mine alone' });
    expect(await textOf(await eve.get('/audit'))).toContain('Nothing was done yet.');
    const asked = await textOf(await eve.get(`/audit?key_id=${keyId}`));
    expect([asked.includes('Nothing fits.'), asked.includes('mine alone')]).toEqual([true, false]);
  });

  it('is narrowed by key and by what was done; nonsense fits nothing', async () => {
    const ada = await newHolder();
    const one = await madeKey(ada, { name: 'first' });
    await madeKey(ada, { name: 'second' });
    await desk(ada.session, 'DELETE', `/v1/keys/${one.keyId}`);
    const rows = async (query: string) =>
      [...(await (await ada.get(`/audit?${query}`)).text()).matchAll(/<time datetime/g)].length;
    expect([
      await rows(''),
      await rows(`key_id=${one.keyId}`),
      await rows('action=key.revoked'),
      await rows(`key_id=${one.keyId}&action=key.created`),
      await rows('action=toString'),
      await rows('key_id=__proto__'),
      await rows(`key_id=${one.keyId}&key_id=x`),
    ]).toEqual([3, 2, 1, 1, 0, 0, 2]);
  });

  it('tells what an operator did, as an operator’s', async () => {
    const ada = await newHolder();
    const { keyId } = await madeKey(ada, { name: 'his' });
    await asOperator('PUT', `/v1/users/${ada.userId}/suspension`, { reason: 'unpaid' });
    await asOperator('DELETE', `/v1/users/${ada.userId}/suspension`);
    await asOperator('DELETE', `/v1/users/${ada.userId}/keys/${keyId}`);
    const text = await textOf(await ada.get('/audit'));
    expect(text).toMatch(/Key revoked.*Operator.*Suspension lifted.*Operator.*Account suspended.*Operator/s);
  });

  it('goes on from page to page, without losing or repeating a row', async () => {
    const ada = await newHolder();
    const { keyId } = await madeKey(ada);
    for (let i = 0; i < 104; i++)
      await desk(ada.session, 'PATCH', `/v1/keys/${keyId}`, { name: `name ${String(i).padStart(3, '0')}` });
    const lengths: number[] = [];
    const seen: string[] = [];
    let path: string | null = `/audit?key_id=${keyId}&action=key.changed`;
    while (path !== null) {
      const html: string = await (await ada.get(path)).text();
      const rows = [...html.matchAll(/<tr><td><time/g)].length;
      lengths.push(rows);
      seen.push(...[...html.matchAll(/<small[^>]*>(.*?)<\/small>/g)].map(([, text]) => text ?? ''));
      const [, href] = /<a href="([^"]*cursor=[^"]*)">/.exec(html) ?? [];
      path = href === undefined ? null : unescaped(href);
    }
    expect([lengths, new Set(seen).size]).toEqual([[50, 50, 4], 104]);
  });
});

import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { type Holder, madeKey, newHolder } from '../key-pages.ts';
import { asOperator } from '../operators.ts';
import { textOf } from '../person.ts';
import {
  beginAfresh,
  call,
  desk,
  isolate,
  issueKey,
  later,
  newUser,
  ringStub,
  send,
  signIn,
} from '../world.ts';

/** The list of keys: whose they are, how it is narrowed, and what stands where there are none. */
beginAfresh();

/** The names of the keys that a page of the list shows, in its order. */
const namesAt = async ({ get }: Pick<Holder, 'get'>, path = '/'): Promise<readonly string[]> => {
  const html = await (await get(path)).text();
  return [...html.matchAll(/<h2><a href="\/keys\/[^"]+"><bdi>([^<]*)<\/bdi>/g)].map(([, name]) => name ?? '');
};

const nextOf = async ({ get }: Holder, path: string): Promise<string | null> => {
  const [, href] = /<a href="([^"]*cursor=[^"]*)">/.exec(await (await get(path)).text()) ?? [];
  return href === undefined ? null : href.replaceAll('&amp;', '&');
};

describe('the list', () => {
  it('of who has no key teaches: what a key is, and how it is sent', async () => {
    const ada = await newHolder();
    const answer = await ada.get('/');
    const text = await textOf(answer);
    expect([answer.status, text]).toEqual([200, expect.stringContaining('No keys yet')]);
    expect(text).toContain(
      'curl -H &quot;Authorization: Bearer $ACME_API_KEY&quot; https://desk.test/v1/whoami',
    );
    expect(await answer.text()).toContain('href="/keys/new"');
  });

  it('has the keys of whoever looks, and nobody else’s', async () => {
    const [ada, eve] = [await newHolder(), await newHolder()];
    const { keyId, key } = await madeKey(ada, { name: 'mine', description: 'For me', expires: '7' });
    await madeKey(eve, { name: 'hers' });
    expect([await namesAt(ada), await namesAt(eve)]).toEqual([['mine'], ['hers']]);
    const text = await textOf(await ada.get('/'));
    for (const said of [keyId, `ends in ${key.slice(-4)}`, 'For me', 'items:read', 'Never used', 'Ends soon'])
      expect(text).toContain(said);
    expect(text).toContain('1 of 5 keys in use');
    expect(text).not.toContain('hers');
  });

  it('tells when a key was last used, and how much in a week', async () => {
    const ada = await newHolder(send, 1440);
    await later(0);
    const { key } = await madeKey(ada);
    const here = isolate();
    for (let i = 0; i < 12; i++) {
      await here.fetch('https://api.test/v1/items/1', {
        headers: { authorization: `Bearer ${key}`, 'user-agent': 'curl/8.5.0' },
      });
      await later(1);
    }
    await later(200);
    const text = await textOf(await ada.get('/'));
    expect(text).toMatch(/Last used 3 minutes ago · curl/);
    expect(text).toMatch(/7 days .*?(1\d|[5-9]) requests/);
  });

  it('is narrowed by status, scope and a word, and put in order', async () => {
    const ada = await newHolder();
    await madeKey(ada, { name: 'b backup', expires: '90' });
    await madeKey(ada, { name: 'a weather', 'scope.items:write': '1', description: 'backup of it' });
    const dead = await madeKey(ada, { name: 'c dead' });
    await desk(ada.session, 'DELETE', `/v1/keys/${dead.keyId}`);
    for (const [path, names] of [
      ['/', ['a weather', 'b backup']],
      ['/?status=revoked', ['c dead']],
      ['/?status=all&sort=name', ['a weather', 'b backup', 'c dead']],
      ['/?sort=expires', ['b backup', 'a weather']],
      ['/?search=BACKUP', ['a weather', 'b backup']],
      ['/?search=b+backup', ['b backup']],
      ['/?scope=items%3Awrite', ['a weather']],
      ['/?search=nothing', []],
      [`/?status=all&search=${dead.keyId}`, ['c dead']],
    ] as const)
      expect([path, await namesAt(ada, path)]).toEqual([path, names]);
    const none = await textOf(await ada.get('/?search=nothing'));
    expect([none.includes('No key fits.'), none.includes('No keys yet')]).toEqual([true, false]);
    expect(await (await ada.get('/?search=b+backup&sort=name')).text()).toMatch(
      /name="search" value="b backup"[\s\S]*<option value="name" selected/,
    );
  });

  it.each([
    'status=junk',
    'status=toString',
    'sort=constructor',
    'status=__proto__&sort=__proto__',
    'status=hasOwnProperty',
    'status=&sort=&scope=&search=',
    'status=active&status=all',
    'x=y',
  ])('takes what it does not know for nothing: ?%s', async (query) => {
    const ada = await newHolder();
    await madeKey(ada, { name: 'one' });
    expect(await namesAt(ada, `/?${query}`)).toEqual(['one']);
  });

  it('goes on from page to page, through every key once, in every order', async () => {
    const ada = await newHolder();
    await asOperator('PUT', `/v1/users/${ada.userId}/limits`, { plan: null, keys_limit: 200 });
    const names = Array.from({ length: 103 }, (_, i) => `key ${String(i).padStart(3, '0')}`);
    for (const name of names) await issueKey(ada.session, ['items:read'], { name });
    for (const sort of ['created', 'name', 'used', 'expires']) {
      const seen: string[] = [];
      let path: string | null = `/?sort=${sort}`;
      const lengths: number[] = [];
      while (path !== null) {
        const page = await namesAt(ada, path);
        lengths.push(page.length);
        seen.push(...page);
        path = await nextOf(ada, path);
      }
      expect([sort, lengths, [...seen].sort()]).toEqual([sort, [50, 50, 3], names]);
    }
  });

  it('goes on where nothing fits of as many ended keys as one page looks at', async () => {
    const ada = await newHolder();
    const { keyId } = await madeKey(ada, { name: 'long ago' });
    await desk(ada.session, 'DELETE', `/v1/keys/${keyId}`);
    await runInDurableObject(await ringStub(ada.session), (_object, { storage }) => {
      storage.sql.exec(
        `INSERT INTO keys (client_id, status, name, description, scopes, created_by, created_at, last_four, generation,
           master_key)
         SELECT client_id || '.' || value, status, 'later', '', scopes, created_by, created_at + value, 'last', 1, '1'
           FROM keys, json_each(?)`,
        JSON.stringify(Array.from({ length: 2_500 }, (_, i) => i + 1)),
      );
    });
    const path = '/?status=revoked&search=long+ago';
    const text = await textOf(await ada.get(path));
    expect([text.includes('No key fits so far.'), text.includes('No key fits. ')]).toEqual([true, false]);
    const next = await nextOf(ada, path);
    expect([await namesAt(ada, path), await namesAt(ada, next ?? '')]).toEqual([[], ['long ago']]);
    expect(await nextOf(ada, next ?? '')).toBeNull();
  });

  it('of a suspended user says so, and shows what he has', async () => {
    const ada = await newHolder();
    await madeKey(ada, { name: 'mine' });
    await asOperator('PUT', `/v1/users/${ada.userId}/suspension`, { reason: 'not for him' });
    const text = await textOf(await ada.get('/'));
    expect(text).toContain('Your account is suspended');
    expect([text.includes('mine'), text.includes('not for him')]).toEqual([true, false]);
  });

  it('is the same as the JSON endpoint has it', async () => {
    const user = await newUser();
    const session = await signIn(user);
    const issued = await issueKey(session, ['items:read'], { name: 'over JSON' });
    const ada = await newHolder();
    expect(await namesAt(ada)).toEqual([]);
    expect((await call(issued.key)).status).toBe(200);
    const own = await madeKey(ada, { name: 'over the page' });
    const { data } = (await (await desk(ada.session, 'GET', '/v1/keys')).json()) as {
      data: { key_id: string; name: string }[];
    };
    expect(data.map(({ key_id, name }) => [key_id, name])).toEqual([[own.keyId, 'over the page']]);
  });
});

import { describe, expect, it } from 'vitest';
import { madeKey, membersDesk, newHolder, newKeyForm, newMember } from '../key-pages.ts';
import { textOf } from '../person.ts';
import { beginAfresh, isolate } from '../world.ts';

/** Whoever is refused at a page is led on: not to where he was refused. */
beginAfresh();

/** Where the button of a page leads. */
const wayOn = async (page: Response): Promise<string> =>
  /<a class="button" href="([^"]*)"/.exec(await page.clone().text())?.[1] ?? 'no way on';

describe('an address that asks for what cannot be', () => {
  it.each([
    ['a cursor of another list', '/?cursor=x', '/'],
    ['a cursor of the trail', '/audit?cursor=x', '/audit'],
    ['a cursor that is too long', `/?cursor=${'x'.repeat(2_000)}`, '/'],
    ['a search with a tab', '/?search=a%09b&status=all', '/'],
    ['a search cut in the middle of a character', `/?search=a${encodeURIComponent('😀'.repeat(60))}`, '/'],
    ['a scope that is none', '/?scope=a+b', '/'],
    ['an action that is too long', `/audit?action=${'x'.repeat(65)}`, '/audit'],
  ])('%s, leads to the page without it', async (_, path, expected) => {
    const ada = await newHolder();
    await madeKey(ada, { name: 'Mine' });
    const refused = await ada.get(path);
    expect([refused.status, await textOf(refused)]).toEqual([400, expect.stringContaining('This cannot be')]);
    expect(await wayOn(refused)).toBe(expected);
    expect((await ada.get(expected)).status).toBe(200);
  });
});

describe('who has nothing to look for at a page', () => {
  it.each(['/organization', '/organization/keys/new', '/operators', '/keys/acme_test_none'])(
    'is led from %s to his own keys',
    async (path) => {
      const ada = await newHolder();
      const refused = await ada.get(path);
      expect([refused.status, await wayOn(refused)]).toEqual([404, '/']);
    },
  );

  it('nor is a member without the role led to where he needs one', async () => {
    const member = await newMember(membersDesk(), []);
    const refused = await member.get('/organization');
    expect([refused.status, await wayOn(refused)]).toEqual([403, '/']);
  });
});

describe('a bug', () => {
  const KEY_RING = {
    getByName: () => {
      throw new RangeError('a bug');
    },
  };

  it('is not told to have done nothing: nobody knows what it was in the middle of', async () => {
    const ada = await newHolder(isolate({ KEY_RING }).fetch);
    const answer = await ada.post('/keys', await newKeyForm(ada));
    expect([answer.status, await textOf(answer)]).toEqual([
      500,
      expect.stringContaining('Whether anything was done, we cannot tell'),
    ]);
    expect(await textOf(answer)).not.toMatch(/nothing was done/i);
  });
});

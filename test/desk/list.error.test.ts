import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cannotTell, desk, isolate, issueKey, now, refusalOf, signIn } from '../world.ts';

const invalid = (pointer: string) => ({
  ...{ status: 400, code: 'request_invalid', challenge: null, retryAfter: null },
  errors: [{ pointer, detail: expect.stringMatching(/./) }],
});

let session: string;

beforeEach(async () => {
  session = await signIn();
});
afterEach(now);

describe('a list refuses', () => {
  it.each([
    ['a search of more than a hundred characters', `search=${'x'.repeat(101)}`, '/search'],
    ['a search with a line break', 'search=a%0Ab', '/search'],
    ['a search that turns the reading direction', `search=${encodeURIComponent('a\u202Eb')}`, '/search'],
    ['a scope that is two', 'scope=items:read%20items:write', '/scope'],
    ['a scope that is none', 'scope=%22', '/scope'],
    ['an order that is none', 'sort=last_four', '/sort'],
    ['an order that is SQL', 'sort=name%20DESC', '/sort'],
    ['an empty order', 'sort=', '/sort'],
  ])('%s, and asks no Ring', async (_, query, pointer) => {
    const here = isolate();
    const refused = await refusalOf(await here.desk(session, 'GET', `/v1/keys?${query}`));
    expect(refused).toEqual(invalid(pointer));
    expect(here.calls.filter((call) => call.startsWith('ring.'))).toEqual([]);
  });

  it.each(['search=robot', 'scope=items:read', 'sort=name', 'sort=used', 'status=all'])(
    'a cursor that was made without %s, and asks no Ring',
    async (query) => {
      for (let i = 0; i < 2; i++) await issueKey(session, ['items:read'], { name: 'robot' });
      const first = (await (await desk(session, 'GET', '/v1/keys?limit=1')).json()) as {
        next_cursor: string;
      };
      const here = isolate();
      const answer = await here.desk(session, 'GET', `/v1/keys?${query}&cursor=${first.next_cursor}`);
      expect(await refusalOf(answer)).toEqual(invalid('/cursor'));
      expect(here.calls.filter((call) => call.startsWith('ring.'))).toEqual([]);
      const with_ = (await (await desk(session, 'GET', `/v1/keys?limit=1&${query}`)).json()) as {
        next_cursor: string;
      };
      expect((await desk(session, 'GET', `/v1/keys?${query}&cursor=${with_.next_cursor}`)).status).toBe(200);
      const back = await desk(session, 'GET', `/v1/keys?cursor=${with_.next_cursor}`);
      expect(await refusalOf(back)).toEqual(invalid('/cursor'));
    },
  );

  it.each([
    ['a page without an end', { records: [] }],
    ['an end without a place', { records: [], next: { keyId: 'x' } }],
    ['a place that is none', { records: [], next: { keyId: 'x', place: null } }],
  ])('to guess what a Ring means by %s', async (_, answer) => {
    const odd = { getByName: () => ({ list: async () => answer }) };
    const refused = await isolate({ KEY_RING: odd }).desk(session, 'GET', '/v1/keys?search=x');
    expect(await refusalOf(refused)).toEqual(cannotTell());
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cannotTell, desk, isolate, issueKey, now, refusalOf, signIn } from '../world.ts';

const NONE = { challenge: null, retryAfter: null };

let session: string;

beforeEach(async () => {
  session = await signIn();
  for (let i = 0; i < 2; i++) await issueKey(session);
});
afterEach(now);

const cursor = async (query = ''): Promise<string> => {
  const page = await desk(session, 'GET', `/v1/audit?limit=1${query}`);
  return ((await page.json()) as { next_cursor: string }).next_cursor;
};

describe('GET /v1/audit refuses', () => {
  it.each([
    ['a page of nothing', 'limit=0', '/limit'],
    ['a page of 101', 'limit=101', '/limit'],
    ['half a row', 'limit=1.5', '/limit'],
    ['a limit that is none', 'limit=all', '/limit'],
    ['a beginning that is no time', 'from=yesterday', '/from'],
    ['an end without a zone', 'to=2026-11-01T00:00:00', '/to'],
    ['a key id that is too long', `key_id=${'k'.repeat(257)}`, '/key_id'],
    ['an action that is too long', `action=${'a'.repeat(65)}`, '/action'],
    ['an actor that is too long', `actor_id=${'a'.repeat(257)}`, '/actor_id'],
    ['a cursor that is none', 'cursor=x', '/cursor'],
    ['an empty cursor', 'cursor=', '/cursor'],
    ['a number as a cursor', `cursor=${btoa('1').replaceAll('=', '')}`, '/cursor'],
    ['a cursor of a thousand letters', `cursor=${'A'.repeat(1000)}`, '/cursor'],
  ])('%s', async (_, query, pointer) => {
    const here = isolate();
    expect(await refusalOf(await here.desk(session, 'GET', `/v1/audit?${query}`))).toEqual({
      ...{ status: 400, code: 'request_invalid', ...NONE },
      errors: [{ pointer, detail: expect.any(String) }],
    });
    expect(here.calls).not.toContain('ring.audit');
  });

  it.each([
    ['of another filter', async () => `action=key.created&cursor=${await cursor()}`],
    ['of a filter, without it', async () => `cursor=${await cursor('&action=key.created')}`],
    [
      'with a letter changed',
      async () => `cursor=${(await cursor()).replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))}`,
    ],
    ['cut short', async () => `cursor=${(await cursor()).slice(0, -2)}`],
  ])('a cursor %s', async (_, query) => {
    expect(await refusalOf(await desk(session, 'GET', `/v1/audit?${await query()}`))).toEqual({
      ...{ status: 400, code: 'request_invalid', ...NONE },
      errors: [{ pointer: '/cursor', detail: 'is no cursor of ours' }],
    });
  });

  it('the cursor of a list of keys', async () => {
    const keys = await desk(session, 'GET', '/v1/keys?limit=1');
    const { next_cursor } = (await keys.json()) as { next_cursor: string };
    const refused = await refusalOf(await desk(session, 'GET', `/v1/audit?cursor=${next_cursor}`));
    expect(refused).toMatchObject({ status: 400, errors: [{ pointer: '/cursor' }] });
  });
});

describe.each(['/v1/audit', '/v1/audit/head'])('%s', (path) => {
  it('is 503 while the Ring is silent, and while it answers nonsense', async () => {
    const fails = async () => {
      throw new Error('the Ring is down');
    };
    const silent = { audit: fails, auditHead: fails };
    const odd = { audit: async () => ({ entries: [{}], next: null }), auditHead: async () => ({ seq: '1' }) };
    for (const ring of [silent, odd]) {
      const here = isolate({ KEY_RING: { getByName: () => ring } });
      expect(await refusalOf(await here.desk(session, 'GET', path))).toEqual(cannotTell());
    }
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('is only to be read: %s is 405', async (method) => {
    const answer = await desk(session, method, path);
    expect(answer.headers.get('allow')).toBe('GET');
    expect(await refusalOf(answer)).toEqual({ status: 405, code: 'method_not_allowed', ...NONE });
  });
});

import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import type { Env } from '../../src/assemble.ts';
import { cannotTell, DESK, isolate, issueKey, refusalOf, send, signIn } from '../world.ts';

const NONE = { challenge: null, retryAfter: null };
const KEY = `acme_test_${'0'.repeat(28)}_${'0'.repeat(61)}`;

const report = (
  body: BodyInit,
  type: string | null = 'application/json',
  method = 'POST',
): Promise<Response> =>
  send(`${DESK}/v1/leaked`, { method, headers: type === null ? {} : { 'content-type': type }, body });

const invalid = (pointer: string) => ({
  ...{ status: 400, code: 'request_invalid', ...NONE },
  errors: [{ pointer, detail: expect.any(String) }],
});

describe('POST /v1/leaked refuses', () => {
  it.each([
    ['no key', {}, '/key'],
    ['a key of nothing', { key: '' }, '/key'],
    ['a key of spaces', { key: '  ' }, '/key'],
    ['a key that is none', { key: 7 }, '/key'],
    ['what is longer than any key', { key: 'k'.repeat(257) }, '/key'],
    ['a source that is no URL', { key: KEY, source: 'github' }, '/source'],
    ['a source that would run', { key: KEY, source: 'javascript:alert(1)' }, '/source'],
    ['a source that is data', { key: KEY, source: 'data:text/html,x' }, '/source'],
    ['a long source', { key: KEY, source: `https://example.com/${'a'.repeat(2048)}` }, '/source'],
    ['whose key it is', { key: KEY, owner: 'user-test-ada' }, '/owner'],
    ['who reports it', { key: KEY, actor: { kind: 'operator' } }, '/actor'],
  ])('%s, by its pointer', async (_, body, pointer) => {
    expect(await refusalOf(await report(JSON.stringify(body)))).toEqual(invalid(pointer));
  });

  it.each([
    ['no JSON', '{"key":'],
    ['a list', '[]'],
    ['nothing', ''],
  ])('%s', async (_, body) => {
    expect(await refusalOf(await report(body))).toEqual(invalid(''));
  });

  it('another type, and what is too long to be read', async () => {
    expect(await refusalOf(await report('{}', 'text/plain'))).toEqual({
      ...{ status: 415, code: 'media_type_unsupported', ...NONE },
    });
    expect(await refusalOf(await report(JSON.stringify({ key: 'k'.repeat(65_536) })))).toEqual({
      ...{ status: 413, code: 'body_too_large', ...NONE },
    });
  });

  it('every other method', async () => {
    const refused = await refusalOf(await send(`${DESK}/v1/leaked`, { method: 'DELETE' }));
    expect(refused).toEqual({ status: 405, code: 'method_not_allowed', ...NONE });
  });

  it('an address that has reported too much, before anything is read', async () => {
    const asked: string[] = [];
    const STRANGERS = {
      limit: async ({ key }: { key: string }) => {
        asked.push(key);
        return { success: false };
      },
    };
    const here = isolate({ STRANGERS });
    const answer = await here.fetch(`${DESK}/v1/leaked`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'cf-connecting-ip': '192.0.2.9' },
      body: '{',
    });
    expect(await refusalOf(answer)).toEqual({
      ...{ status: 429, code: 'address_limited', challenge: null, retryAfter: '60' },
    });
    expect([asked, here.calls]).toEqual([['desk 192.0.2.9'], []]);
  });
});

describe('while the Ring is silent', () => {
  it('nobody is told that a key was ended, nor that it was not', async () => {
    const { key } = await issueKey(await signIn());
    const KEY_RING = {
      getByName: () => ({
        leaked: async () => {
          throw new Error('the Ring is gone');
        },
      }),
    } as unknown as Env['KEY_RING'];
    const here = isolate({ ...env, KEY_RING });
    const answer = await here.fetch(`${DESK}/v1/leaked`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ key }),
    });
    expect(await refusalOf(answer)).toEqual(cannotTell());
    expect((await isolate().call(key)).status).toBe(200);
  });
});

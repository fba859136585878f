import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import { createClient } from '../../src/client/index.ts';
import { APP, corsOf, OTHER_APP, variesByOrigin } from '../cors.ts';
import { inUse } from '../secrets.ts';
import settings from '../settings.ts';
import { DESK, type Isolate, isolate, signIn, subjectOf } from '../world.ts';

const latchkey = latchkeyFor({ ...settings, desk: { origins: [APP, OTHER_APP] } });

let here: Isolate;
let session: string;

beforeAll(async () => {
  session = await signIn();
});

beforeEach(() => {
  here = isolate({}, latchkey);
});

const preflight = (path: string, origin: string, method: string, asked?: string): Promise<Response> =>
  here.fetch(DESK + path, {
    method: 'OPTIONS',
    headers: {
      ...{ origin, 'access-control-request-method': method },
      ...(asked === undefined ? {} : { 'access-control-request-headers': asked }),
    },
  });

const READABLE = {
  'access-control-allow-origin': APP,
  'access-control-expose-headers': 'ETag, Location, Retry-After, X-Request-Id',
};

/** A browser's fetch in a page of an origin, as far as CORS goes (Fetch §4.1): what may not be asked or read throws. */
const fetchIn =
  (origin: string) =>
  async (request: Request): Promise<Response> => {
    const { method, url, headers } = request;
    const sent = [...headers.keys()].filter((name) => name !== 'accept');
    const asked = await preflight(new URL(url).pathname, origin, method, sent.join(','));
    const allowed = (name: string) => asked.headers.get(`access-control-allow-${name}`) ?? '';
    if (!asked.ok || allowed('origin') !== origin) throw new TypeError('the preflight says no');
    if (!['GET', 'POST', ...allowed('methods').split(', ')].includes(method)) throw new TypeError(method);
    for (const name of sent) if (!allowed('headers').split(', ').includes(name)) throw new TypeError(name);
    const text = await request.text();
    const answer = await here.fetch(url, {
      ...{ method, headers: { ...Object.fromEntries(headers), origin } },
      ...(text === '' ? {} : { body: text }),
    });
    if (answer.headers.get('access-control-allow-origin') !== origin) throw new TypeError('not to be read');
    return answer;
  };

describe('a page of a named origin', () => {
  it('does with the typed client all that its user may do with his keys, and reads what comes', async () => {
    const client = createClient({ url: DESK, token: session, fetch: fetchIn(APP) });
    const made = await client.POST('/v1/keys', {
      params: { header: { 'Idempotency-Key': crypto.randomUUID() } },
      body: { name: 'robot', scopes: ['items:read'] },
    });
    inUse(made.data?.key ?? '');
    const path = { key_id: made.data?.key_id ?? '' };
    expect(made.response.headers.get('location')).toBe(`/v1/keys/${path.key_id}`);
    const etag = made.response.headers.get('etag') ?? '';
    const params = { path, header: { 'If-Match': etag } };
    const changed = await client.PATCH('/v1/keys/{key_id}', { params, body: { name: 'renamed' } });
    expect(changed.data).toMatchObject({ name: 'renamed' });
    const stale = await client.PATCH('/v1/keys/{key_id}', { params, body: { name: 'again' } });
    expect(stale.error?.code).toBe('precondition_failed');
    const listed = await client.GET('/v1/keys');
    expect(listed.data?.data.map(({ name }) => name)).toEqual(['renamed']);
    const rotated = await client.POST('/v1/keys/{key_id}/rotate', {
      ...{ params: { path }, body: { overlap_seconds: 60 } },
    });
    inUse(rotated.data?.key ?? '');
    const finish = await client.POST('/v1/keys/{key_id}/rotate/finish', { params: { path } });
    expect(finish.data?.status).toBe('active');
    expect((await client.GET('/v1/keys/{key_id}/usage', { params: { path } })).data?.data).toHaveLength(24);
    expect((await client.GET('/v1/usage')).response.status).toBe(200);
    expect((await client.GET('/v1/audit')).data?.data.map(({ action }) => action)).toContain('key.changed');
    expect((await client.GET('/v1/audit/head')).data?.seq).toBeGreaterThan(0);
    expect((await client.GET('/v1/whoami')).data?.user_id).toBe(subjectOf(session));
    const revoked = await client.DELETE('/v1/keys/{key_id}', { params: { path } });
    expect(revoked.data?.status).toBe('revoked');
  });

  it('is asked for by a preflight that costs nothing and needs no credential', async () => {
    for (const origin of [APP, OTHER_APP]) {
      const answer = await preflight('/v1/keys', origin, 'POST', 'authorization,content-type');
      expect([answer.status, await answer.text()]).toEqual([204, '']);
      expect(corsOf(answer)).toEqual({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'authorization, content-type, idempotency-key',
        'access-control-max-age': '7200',
      });
      expect(variesByOrigin(answer)).toBe(true);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
    expect(here.calls).toEqual([]);
  });

  it('may ask for an answer without its body', async () => {
    const headers = { origin: APP, authorization: `Bearer ${session}` };
    const answer = await here.fetch(`${DESK}/v1/keys`, { method: 'HEAD', headers });
    expect([answer.status, corsOf(answer)]).toEqual([200, READABLE]);
    expect((await preflight('/v1/keys', APP, 'HEAD')).status).toBe(204);
  });
});

describe('an answer of what a session may call', () => {
  it('varies by origin whoever asks', async () => {
    for (const origin of [undefined, APP, 'https://evil.test']) {
      const headers = { authorization: `Bearer ${session}`, ...(origin === undefined ? {} : { origin }) };
      for (const path of ['/v1/keys', '/v1/usage', '/v1/audit', '/v1/whoami', '/v1/organization/keys'])
        expect([path, variesByOrigin(await here.fetch(DESK + path, { headers }))]).toEqual([path, true]);
    }
  });
});

describe('without desk.origins', () => {
  it('no answer differs, and OPTIONS is 405', async () => {
    here = isolate();
    const headers = { origin: APP, authorization: `Bearer ${session}` };
    const answer = await here.fetch(`${DESK}/v1/keys`, { headers });
    expect([answer.status, corsOf(answer), answer.headers.get('vary')]).toEqual([200, {}, null]);
    const asked = await preflight('/v1/keys', APP, 'GET');
    expect([asked.status, corsOf(asked), asked.headers.get('vary')]).toEqual([405, {}, null]);
  });
});

it('the variable DESK_ORIGINS names them as the file does', async () => {
  here = isolate({ DESK_ORIGINS: `${OTHER_APP},${APP}` });
  expect(corsOf(await here.fetch(`${DESK}/v1/keys`, { headers: { origin: APP } }))).toEqual(READABLE);
});

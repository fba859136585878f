import { beforeAll, describe, expect, it } from 'vitest';
import { logged } from '../secrets.ts';
import { DESK, desk, isolate, issueKey, refusalOf, signIn } from '../world.ts';

let session: string;
let key: string;
let keyId: string;

beforeAll(async () => {
  session = await signIn();
  ({ key, key_id: keyId } = await issueKey(session));
});

describe('CRED-07 › a credential in the query of the Desk', () => {
  const REFUSED = {
    ...{ status: 400, code: 'invalid_request', retryAfter: null },
    challenge: `Bearer realm="${DESK}", error="invalid_request"`,
  };

  it.each([
    'access_token',
    'api_key',
    'apikey',
    'API-Key',
    'api%5Fkey',
    'access_token[]',
    'a=b;access_token',
  ])(
    '%s is 400, beside a credential or alone; nobody is asked, and the value is not logged',
    async (name) => {
      const here = isolate();
      for (const path of [
        '/v1/keys',
        `/v1/keys/${keyId}`,
        '/v1/whoami',
        '/healthz',
        '/.well-known/jwks.json',
      ]) {
        const from = logged().length;
        for (const headers of [{}, { authorization: `Bearer ${session}` }])
          expect(await refusalOf(await here.fetch(`${DESK}${path}?${name}=${key}`, { headers }))).toEqual(
            REFUSED,
          );
        const lines = logged().slice(from);
        expect(lines.map(({ reason, status }) => [reason, status])).toEqual(
          Array(2).fill(['credential_in_query', 400]),
        );
      }
      expect(here.calls).toEqual([]);
    },
  );

  it('is 400 at the OAuth endpoints, in the words of RFC 6749 §5.2', async () => {
    const here = isolate();
    const refused = await here.fetch(`${DESK}/oauth2/token?access_token=${key}`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${keyId}:${key.slice(keyId.length + 1)}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    expect([refused.status, await refused.json()]).toEqual([
      400,
      expect.objectContaining({ error: 'invalid_request' }),
    ]);
    expect(here.calls).toEqual([]);
  });

  it('is no reason to say more of what is not there', async () => {
    expect((await isolate().fetch(`${DESK}/v1/nothing?access_token=${key}`)).status).toBe(404);
  });
});

describe('PATH-13 › a parameter of the Desk that is there twice', () => {
  const invalid = (name: string) => ({
    ...{ status: 400, code: 'request_invalid', challenge: null, retryAfter: null },
    errors: [{ pointer: `/${name}`, detail: 'is there twice' }],
  });

  it.each([
    ['limit', '/v1/keys?limit=1&limit=2'],
    ['limit', '/v1/keys?limit=1&limit=1'],
    ['limit', '/v1/keys?limit=1&lim%69t=2'],
    ['cursor', '/v1/keys?cursor=a&cursor=b'],
    ['status', '/v1/keys?status=active&sort=name&status=all'],
    ['key_id', '/v1/audit?key_id=a&key_id=b'],
    ['actor_id', '/v1/audit?actor_id=a&actor_id='],
    ['by', '/v1/usage?by=day&by=hour'],
    ['from', `/v1/usage/keys?key_id=a&from=2026-11-01T00:00:00Z&from=2026-11-02T00:00:00Z`],
    ['key_id', '/v1/limits?key_id=a&key_id=b'],
  ])('%s is refused, and neither is taken: %s', async (name, path) => {
    const here = isolate();
    expect(await refusalOf(await here.desk(session, 'GET', path))).toEqual(invalid(name));
    expect(here.calls.filter((call) => call.startsWith('ring.'))).toEqual([]);
  });

  it('is a list where it is for one', async () => {
    const other = (await issueKey(session)).key_id;
    const answer = await desk(session, 'GET', `/v1/usage/keys?key_id=${keyId}&key_id=${other}`);
    expect(answer.status).toBe(200);
  });

  it('decides nothing where nobody reads it', async () => {
    expect((await desk(session, 'GET', '/v1/keys?x=1&x=2')).status).toBe(200);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { desk, isolate, issueKey, refusalOf, signIn } from '../world.ts';

let session: string;
let keyId: string;

beforeAll(async () => {
  session = await signIn();
  keyId = (await issueKey(session)).key_id;
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

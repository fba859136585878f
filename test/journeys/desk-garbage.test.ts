import { beforeAll, describe, expect, it } from 'vitest';
import { call, cannotTell, DESK, desk, isolate, issueKey, refusalOf, rooms, signIn } from '../world.ts';

// What is no answer of a Ring is no word of it: nobody is told that a key is gone, made or never was there.

const RECORD = { keyId: 'key', status: 'active', owner: { kind: 'user', id: 'user' }, scopes: 'items:read' };

const GARBAGE: Readonly<Record<string, unknown>> = {
  'null inside': { ok: true, value: null, records: [null], next: null },
  nothing: undefined,
  'a text': '<html>',
  'an empty object': {},
  'no refusal': { ok: false, refusal: null },
  'a refusal that nobody knows': { ok: false, refusal: { reason: 'sunspots' } },
  'a refusal that lacks something': { ok: false, refusal: { reason: 'unavailable', what: 'stytch' } },
  'half a key': { ...RECORD, ok: true, value: { ...RECORD, record: RECORD }, records: [RECORD], next: null },
};

const answering = (answer: unknown) => ({
  KEY_RING: {
    getByName: (name: string) => {
      const ring = rooms.KEY_RING.getByName(name) as unknown as { admit: unknown; exchange: unknown };
      const instead = async () => answer;
      return new Proxy(ring, {
        get: (object, method) =>
          ['issue', 'list', 'get', 'revoke', 'endPresented'].includes(String(method))
            ? instead
            : Reflect.get(object, method),
      });
    },
  },
});

describe('a Ring that answers the Desk with', () => {
  let session = '';
  let keyId = '';
  let key = '';
  beforeAll(async () => {
    session = await signIn();
    ({ key, key_id: keyId } = await issueKey(session));
    expect((await call(key)).status).toBe(200);
  });

  it.each(Object.entries(GARBAGE))('%s is one that does not answer', async (_, answer) => {
    const here = isolate(answering(answer));
    const asked = [
      await here.desk(session, 'GET', '/v1/keys'),
      await here.desk(session, 'GET', `/v1/keys/${keyId}`),
      await here.desk(session, 'DELETE', `/v1/keys/${keyId}`),
      await here.desk(session, 'POST', '/v1/keys', { name: 'test', scopes: ['items:read'] }),
      await here.fetch(`${DESK}/v1/leaked`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ key }),
      }),
    ];
    for (const response of asked) expect(await refusalOf(response)).toEqual(cannotTell());
    const known = await desk(session, 'GET', `/v1/keys/${keyId}`);
    expect(await known.json()).toMatchObject({ status: 'active' });
  });
});

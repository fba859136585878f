import { describe, expect, it } from 'vitest';
import { call, desk, issueKey, rooms, signIn } from '../world.ts';

describe('the main job', () => {
  it('a signed-in user makes a key, the key opens the origin, and a revoked key is dead', async () => {
    const session = await signIn();
    const issued = await issueKey(session);
    expect(issued.key).toMatch(/^acme_test_[0-9A-Za-z]{28}_[0-9A-Za-z]{61}$/);

    const answer = await call(issued.key);
    expect([answer.status, await answer.clone().text()]).toEqual([200, expect.any(String)]);
    const [seen] = await rooms.ORIGIN.records();
    expect(Object.fromEntries(seen?.headers ?? [])).toMatchObject({
      'x-latchkey-user-id': issued.owner.id,
      'x-latchkey-key-id': issued.key_id,
      'x-latchkey-auth': 'api_key',
      'x-latchkey-scopes': 'items:read',
    });

    const revoked = await desk(session, 'DELETE', `/v1/keys/${issued.key_id}`);
    expect(revoked.status).toBe(200);
    const strict = await call(issued.key, '/v1/strict/now');
    expect(strict.status).toBe(401);
  });
});

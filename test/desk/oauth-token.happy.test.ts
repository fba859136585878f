import { describe, expect, it } from 'vitest';
import { DESK, issueKey, send, signIn } from '../world.ts';

const cut = (key: string) => {
  const at = key.lastIndexOf('_');
  return { client_id: key.slice(0, at), client_secret: key.slice(at + 1) };
};

describe('POST /oauth2/token', () => {
  it('gives', async () => {
    const session = await signIn();
    const { key } = await issueKey(session);
    const response = await send(`${DESK}/oauth2/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...cut(key) }).toString(),
    });
    expect([response.status, await response.json()]).toEqual([
      200,
      { access_token: expect.any(String), token_type: 'Bearer', expires_in: 3599, scope: 'items:read' },
    ]);
  });
});

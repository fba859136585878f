import { describe, expect, it } from 'vitest';
import { contract, faultsOf } from '../contract.ts';
import { DESK, desk, isolate, issueKey, send, signIn } from '../world.ts';

/** An answer like another one, but for what is said. */
const like = async (response: Response, more: { body?: object; status?: number; without?: string }) => {
  const headers = new Headers(response.headers);
  if (more.without !== undefined) headers.delete(more.without);
  const body = { ...((await response.json()) as object), ...more.body };
  return new Response(JSON.stringify(body), { status: more.status ?? response.status, headers });
};

const whoami = async () =>
  send(`${DESK}/v1/whoami`, { headers: { authorization: `Bearer ${await signIn()}` } });

describe('the notary', () => {
  it('is told what the Desk itself says of its operations', async () => {
    const served = await (await send(`${DESK}/openapi.json`)).json();
    // The Desk of the tests does not ask for a fresh sign-in; the notary's is the strictest there can be.
    const lenient = JSON.parse(
      JSON.stringify(contract)
        .replaceAll('.insufficient_user_authentication', '')
        .replaceAll(/`insufficient_user_authentication`: [^`"]*?\. /g, '')
        .replaceAll('"insufficient_user_authentication",', ''),
    );
    expect(served).toEqual(lenient);
  });

  it('finds nothing in an answer as it is', async () => {
    expect(await faultsOf('GET', '/v1/whoami', await whoami())).toEqual([]);
  });

  it.each([
    ['a member that nobody was told of', { body: { secret: 'x' } }, /additional|secret/i],
    ['a member of another type', { body: { scopes: 'items:read' } }, /scopes/],
    ['a value that is none of the list', { body: { auth: 'magic' } }, /auth/],
    ['a missing member', { body: { user_id: undefined } }, /user_id/],
    ['a status that was not declared', { status: 201 }, /^this status is not declared$/],
    ['a missing header', { without: 'x-request-id' }, /^the header X-Request-Id is missing$/],
    ['another type of content', { without: 'content-type' }, /^the type \S* ?is not declared$/],
  ])('finds %s', async (_, more, fault) => {
    const found = await faultsOf('GET', '/v1/whoami', await like(await whoami(), more));
    expect(found.join('\n')).toMatch(fault);
  });

  it('finds a time that is none, and an entity-tag that is not there', async () => {
    const session = await signIn();
    const { key_id } = await issueKey(session);
    const path = `/v1/keys/${key_id}`;
    const answer = await desk(session, 'GET', path);
    const altered = await like(answer, { body: { created_at: 'yesterday' }, without: 'etag' });
    const found = await faultsOf('GET', path, altered);
    expect(found).toContain('the header ETag is missing');
    expect(found.join('\n')).toMatch(/created_at.*date-time/);
  });

  it('finds a refusal for a reason that the operation does not have', async () => {
    const refused = await send(`${DESK}/v1/whoami`);
    const other = await like(refused.clone() as Response, { body: { code: 'key_limit_reached' } });
    expect(await faultsOf('GET', '/v1/whoami', refused)).toEqual([]);
    expect((await faultsOf('GET', '/v1/whoami', other)).join('\n')).toMatch(/code/);
  });

  it('knows where nothing is served', async () => {
    const nowhere = await isolate().fetch(`${DESK}/nowhere`);
    expect(await faultsOf('GET', '/nowhere', nowhere)).toEqual([]);
    expect(await faultsOf('GET', '/nowhere', new Response('here'))).toEqual(['this status is not declared']);
  });
});

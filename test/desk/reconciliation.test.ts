import { runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import {
  callsOfM2M,
  emptyStytch,
  mark,
  nextSlice,
  type ReconcilingLobby,
  strayClient,
} from '../reconciliation.ts';
import { inUse } from '../secrets.ts';
import settings from '../settings.ts';
import { Lobby } from '../worker.ts';
import {
  accessToken,
  atStytch,
  DESK,
  isolate,
  issueKey,
  now,
  PROJECT,
  refusalOf,
  rooms,
  signIn,
} from '../world.ts';

const OPERATOR = 'm2m-client-test-0e0e0e0e-0000-4000-8000-000000000001';
const NONE = { challenge: null, retryAfter: null };

/** A Desk whose operators are the client above. */
const { fetch } = isolate({}, latchkeyFor({ ...settings, operators: [OPERATOR] }));

/** The one Lobby that reconciles. */
const lobby = rooms.LOBBY.getByName('lobby-00') as unknown as ReconcilingLobby;

let token: string;
let mock: { readonly mockRestore: () => void } | null = null;

beforeEach(async () => {
  await emptyStytch();
  await lobby.reconciliation();
  await runInDurableObject(lobby, (_object, { storage }) => storage.sql.exec('DELETE FROM reconciliation'));
  token = await tokenOf(OPERATOR, ['latchkey:admin']);
});
afterEach(async () => {
  mock?.mockRestore();
  await now();
});

/** An access token of a client of the operator's own, with these scopes. */
const tokenOf = async (clientId: string, scopes: readonly string[]): Promise<string> => {
  const client = { client_id: clientId, client_secret: `${crypto.randomUUID()}${crypto.randomUUID()}` };
  inUse(client.client_secret);
  await atStytch('POST', '/v1/m2m/clients', { ...client, client_name: 'backend', scopes });
  const answer = await rooms.EMULATOR.fetch(`https://stytch.test/v1/public/${PROJECT}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...client, grant_type: 'client_credentials' }).toString(),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  inUse(access_token);
  return access_token;
};

const start = (body: unknown, credential: string | null = token): Promise<Response> =>
  fetch(`${DESK}/v1/reconciliation`, {
    method: 'POST',
    headers: {
      ...(credential === null ? {} : { authorization: `Bearer ${credential}` }),
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });

const show = (credential: string | null = token): Promise<Response> =>
  fetch(`${DESK}/v1/reconciliation`, {
    headers: credential === null ? {} : { authorization: `Bearer ${credential}` },
  });

const NO_COUNTS = {
  ...{ same: 0, young: 0, orphan: 0, unmarked: 0, ended: 0, deactivated: 0, drifted: 0, foreign: 0 },
  failed: 0,
};

const time = (at: number): string =>
  new Date(Math.floor(at / 1000) * 1000).toISOString().replace('.000Z', 'Z');

describe('POST /v1/reconciliation', () => {
  it('begins a run and answers how far it is, which is nowhere', async () => {
    const response = await start({ dry_run: false });
    expect(response.status).toBe(202);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      ...{ id: expect.stringMatching(/^[\w-]{22}$/), status: 'running', because: null },
      ...{ dry_run: false, by: OPERATOR, started_at: time(Date.now()), finished_at: null },
      ...{ clients: 0, counts: NO_COUNTS, master_keys: {}, orphans_left: 0, findings: [] },
    });
  });

  it('is refused while one is under way, a dry run too', async () => {
    await start({ dry_run: true });
    const refused = await start({ dry_run: false });
    expect(await refusalOf(refused)).toEqual({ status: 409, code: 'reconciliation_running', ...NONE });
    expect(await (await show()).json()).toMatchObject({ status: 'running', dry_run: true });
  });

  it.each([
    ['nothing', {}, '/dry_run'],
    ['a text', { dry_run: 'true' }, '/dry_run'],
    ['a number below 0', { dry_run: false, max_orphans: -1 }, '/max_orphans'],
    ['a broken number', { dry_run: false, max_orphans: 1.5 }, '/max_orphans'],
    ['who does it', { dry_run: false, by: 'somebody' }, '/by'],
    ['where to begin', { dry_run: false, cursor: 'x' }, '/cursor'],
  ])('refuses %s, and begins nothing', async (_, body, pointer) => {
    expect(await refusalOf(await start(body))).toMatchObject({
      ...{ status: 400, code: 'request_invalid', ...NONE },
      errors: [{ pointer }],
    });
    expect(await lobby.reconciliation()).toBeNull();
  });

  it('lets an operator say how many orphans may go', async () => {
    await strayClient(mark(86_400));
    await start({ dry_run: false, max_orphans: 0 });
    await nextSlice(lobby);
    expect(await (await show()).json()).toMatchObject({
      ...{ status: 'failed', because: 'more orphans than are removed unasked', orphans_left: 1 },
    });
  });
});

describe('GET /v1/reconciliation', () => {
  it('shows the last run when it is over', async () => {
    const { clientId } = await strayClient(mark(86_400));
    await start({ dry_run: true });
    await nextSlice(lobby);
    const response = await show();
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      ...{ status: 'done', because: null, dry_run: true, by: OPERATOR, finished_at: time(Date.now()) },
      // The operator is a client of the project as well.
      ...{ clients: 2, counts: { ...NO_COUNTS, orphan: 1, foreign: 1 }, orphans_left: 1 },
      findings: [{ client_id: clientId, found: 'orphan' }],
    });
  });

  it('is not found before the first', async () => {
    expect(await refusalOf(await show())).toEqual({ status: 404, code: 'not_found', ...NONE });
  });
});

describe('a Lobby that does not answer', () => {
  it.each([
    ['by failing', () => Promise.reject(new Error('the Lobby is down'))],
    ['by answering nonsense', async () => ({ status: 'fine' }) as never],
  ])('%s is 503, never a verdict', async (_, answer) => {
    const unavailable = { status: 503, code: 'unavailable', challenge: null, retryAfter: '1' };
    const starting = vi.spyOn(Lobby.prototype, 'startReconciliation').mockImplementation(answer);
    const showing = vi.spyOn(Lobby.prototype, 'reconciliation').mockImplementation(answer);
    mock = {
      mockRestore: () => {
        starting.mockRestore();
        showing.mockRestore();
      },
    };
    expect(await refusalOf(await start({ dry_run: true }))).toEqual(unavailable);
    expect(await refusalOf(await show())).toEqual(unavailable);
  });
});

describe('a reconciliation is for operators alone', () => {
  const insufficient = {
    ...{ status: 403, code: 'insufficient_scope', required_scopes: ['latchkey:admin'], retryAfter: null },
    challenge: `Bearer realm="${DESK}", error="insufficient_scope", scope="latchkey:admin"`,
  };
  const wrongKind = { status: 403, code: 'credential_kind_not_allowed', ...NONE };
  const key = async () => (await issueKey(await signIn())).key;

  it.each<[string, () => Promise<string | null>, object]>([
    [
      'nobody',
      async () => null,
      { status: 401, code: 'credential_missing', challenge: `Bearer realm="${DESK}"`, retryAfter: null },
    ],
    ['a signed-in user', () => signIn(), wrongKind],
    ['a key', key, wrongKind],
    ['the token of a key', async () => accessToken(await key()), insufficient],
    [
      'a client that is not listed, whatever its scopes',
      () => tokenOf('m2m-client-test-0e0e0e0e-0000-4000-8000-000000000002', ['latchkey:admin']),
      insufficient,
    ],
    [
      'a listed client without the scope',
      async () => {
        await atStytch('DELETE', `/v1/m2m/clients/${OPERATOR}`, {});
        return tokenOf(OPERATOR, ['items:read']);
      },
      insufficient,
    ],
  ])('%s can neither begin nor see one, and Stytch is not asked', async (_, credentialOf, refusal) => {
    const credential = await credentialOf();
    const before = await callsOfM2M();
    for (const refused of [await start({ dry_run: true }, credential), await show(credential)])
      expect(await refusalOf(refused)).toEqual(refusal);
    expect([await callsOfM2M(), await lobby.reconciliation()]).toEqual([before, null]);
  });
});

import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Env } from '../../src/assemble.ts';
import type { Owner } from '../../src/model/identity.ts';
import { ringOfOwner } from '../../src/model/key.ts';
import type { Ring } from '../../src/model/ports.ts';
import { lobbyName } from '../../src/ring/lobby-name.ts';
import { ringsUnder } from '../rings.ts';
import { logged } from '../secrets.ts';
import { deliver, event, type Message, newMessageId, signed } from '../svix.ts';
import {
  atStytch,
  BY,
  cannotTell,
  desk,
  dumpOfRing,
  emulator,
  isolate,
  issueKey,
  later,
  now,
  ownerOf,
  PROJECT,
  refusalOf,
  rooms,
  signIn,
  stytchClients,
  subjectOf,
} from '../world.ts';

const NONE = { challenge: null, retryAfter: null };
const REFUSED = { status: 400, code: 'webhook_refused', ...NONE };
const DAY_SECONDS = 86_400;

const ringOf = async (owner: Pick<Owner, 'kind' | 'id'>) =>
  rooms.KEY_RING.getByName(await ringOfOwner(PROJECT, owner)) as unknown as DurableObjectStub & Ring;

const userRing = (id: string) => ringOf({ kind: 'user', id });

const statusesOf = async (session: string): Promise<readonly string[]> => {
  const { data } = (await (await desk(session, 'GET', '/v1/keys?status=all')).json()) as {
    data: { status: string }[];
  };
  return data.map(({ status }) => status);
};

const suspensionOf = async (session: string): Promise<string | null> =>
  (await (await userRing(subjectOf(session))).about(ownerOf(session))).suspension?.reason ?? null;

/** Who refused it and why, as the log has it. */
const because = () => logged().findLast((line) => line.event === 'request')?.because;

const done = async (answer: Response) => [answer.status, await answer.json()];
const SUSPENDED = (revoked: number) => [200, { outcome: 'suspended', revoked }];
const KNOWN = [200, { outcome: 'known', revoked: 0 }];
const IGNORED = [200, { outcome: 'ignored', revoked: 0 }];

let here: ReturnType<typeof isolate>;

beforeEach(() => {
  here = isolate();
});
afterEach(now);

describe('a user who is deleted at Stytch', () => {
  it('is suspended, and his keys are retired, by the very message that Stytch sends', async () => {
    await emulator('PUT', '/webhooks', { url: 'https://events.test/stytch' });
    await rooms.RECEIVER.reset();
    const session = await signIn();
    const [one, two] = [await issueKey(session), await issueKey(session)];
    expect((await isolate().call(one.key)).status).toBe(200);
    await atStytch('DELETE', `/v1/users/${subjectOf(session)}`);
    await emulator('POST', '/webhooks/settle');
    const sent = (await rooms.RECEIVER.records()).find(({ body }) => body.includes('DELETE'));
    const message = { headers: Object.fromEntries(sent?.headers ?? []), body: sent?.body ?? '' };
    expect(await done(await deliver(here.fetch, message))).toEqual(SUSPENDED(2));
    for (const { key } of [one, two]) expect((await isolate().call(key)).status).toBe(401);
    expect(await statusesOf(session)).toEqual(['revoked', 'revoked']);
    expect(await suspensionOf(session)).toBe('deleted at Stytch');
    await expect.poll(() => stytchClients(session), { timeout: 5_000 }).toEqual([]);
    await emulator('PUT', '/webhooks', { url: null });
  });

  it('makes no key any more, nor does his session open anything', async () => {
    const session = await signIn();
    await issueKey(session);
    await deliver(here.fetch, signed(event('DELETE', 'user', subjectOf(session))));
    const answer = await desk(session, 'POST', '/v1/keys', { name: 'n', scopes: ['items:read'] });
    expect(await refusalOf(answer)).toEqual({ status: 403, code: 'owner_suspended', ...NONE });
    expect((await isolate().call(session)).status).toBe(403);
  });

  it('has a trail that says that Stytch did it', async () => {
    const session = await signIn();
    const { key_id } = await issueKey(session);
    await deliver(here.fetch, signed(event('DELETE', 'user', subjectOf(session))));
    const { audit } = await dumpOfRing(await userRing(subjectOf(session)));
    expect(audit?.slice(1)).toMatchObject([
      {
        action: 'owner.suspended',
        actor_kind: 'stytch',
        client_id: null,
        details: '{"reason":"deleted at Stytch"}',
      },
      { action: 'key.revoked', actor_kind: 'stytch', client_id: key_id },
    ]);
  });
});

describe('an event', () => {
  it.each([
    ['user', 'DELETE', {}, 'deleted at Stytch'],
    ['member', 'DELETE', {}, 'deleted at Stytch'],
    ['organization', 'DELETE', {}, 'deleted at Stytch'],
    [
      'member',
      'UPDATE',
      { member: { status: 'deleted', organization_id: 'organization-test-1' } },
      'deleted at Stytch',
    ],
    ['user', 'UPDATE', { user: { status: 'deactivated' } }, 'deactivated at Stytch'],
  ] as const)('of a %s ends him: %s %j', async (kind, action, more, reason) => {
    const id = `${kind}-test-${crypto.randomUUID()}`;
    expect(await done(await deliver(here.fetch, signed(event(action, kind, id, more))))).toEqual(
      SUSPENDED(0),
    );
    const { ring } = await dumpOfRing(await ringOf({ kind, id }));
    expect(ring).toMatchObject([
      { owner_kind: kind, owner_id: id, suspended_by: 'stytch', suspended_reason: reason },
    ]);
  });

  it('of a member names his organisation, if Stytch does', async () => {
    const id = `member-test-${crypto.randomUUID()}`;
    const more = { member: { status: 'deleted', organization_id: 'organization-test-1' } };
    await deliver(here.fetch, signed(event('UPDATE', 'member', id, more)));
    const { ring } = await dumpOfRing(await ringOf({ kind: 'member', id }));
    expect(ring).toMatchObject([{ organization_id: 'organization-test-1' }]);
  });

  const id = 'user-test-00000000-0000-4000-8000-000000000001';
  it.each([
    ['of a user who was made', event('CREATE', 'user', id, { user: { status: 'pending' } })],
    ['of a user who was changed', event('UPDATE', 'user', id, { user: { status: 'active' } })],
    ['of a user who is yet to come', event('UPDATE', 'user', id, { user: { status: 'pending' } })],
    [
      'of a user who is locked for a while: anybody can bring that about, by wrong passwords',
      event('UPDATE', 'user', id, { user: { status: 'active', is_locked: true } }),
    ],
    ['of a status that is not known', event('UPDATE', 'user', id, { user: { status: 'dancing' } })],
    ['without the object that changed', event('UPDATE', 'user', id)],
    ['whose object is none', event('UPDATE', 'user', id, { user: 'deleted' })],
    ['of a member under the name of a user', event('DELETE', 'user', 'member-test-1')],
    ['of something that owns no keys', event('DELETE', 'saml_connection', 'saml-connection-test-1')],
    ['of an id that is none', event('DELETE', 'user', '../user')],
    ['without an id', { project_id: PROJECT, action: 'DELETE', object_type: 'user' }],
    ['of tomorrow', { project_id: PROJECT, what: ['is', 'this'] }],
  ])('%s is taken and ignored', async (_, ignored) => {
    expect(await done(await deliver(here.fetch, signed(ignored)))).toEqual(IGNORED);
    expect(here.calls).toEqual([]);
  });

  it('of a reactivation lifts nothing: that is the operator’s to decide', async () => {
    const session = await signIn();
    await issueKey(session);
    await deliver(here.fetch, signed(event('DELETE', 'user', subjectOf(session))));
    const again = event('UPDATE', 'user', subjectOf(session), { user: { status: 'active' } });
    expect(await done(await deliver(here.fetch, signed(again)))).toEqual(IGNORED);
    expect(await suspensionOf(session)).toBe('deleted at Stytch');
  });

  it('leaves a suspension of the operator’s as it is, and retires the keys', async () => {
    const session = await signIn();
    await issueKey(session);
    await (await userRing(subjectOf(session))).suspend(ownerOf(session), 'unpaid', BY);
    const answer = await deliver(here.fetch, signed(event('DELETE', 'user', subjectOf(session))));
    expect(await done(answer)).toEqual(SUSPENDED(1));
    expect(await suspensionOf(session)).toBe('unpaid');
  });
});

describe('a message is refused, and nobody is asked', () => {
  const refused = async (make: (message: Message) => Message, why: string, wish = {}): Promise<void> => {
    const message = signed(event('DELETE', 'user', `user-test-${crypto.randomUUID()}`), wish);
    expect(await refusalOf(await deliver(here.fetch, make(message)))).toEqual(REFUSED);
    expect([because(), here.calls]).toEqual([why, []]);
  };
  const without =
    (name: string) =>
    ({ headers, body }: Message) => ({
      headers: Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name)),
      body,
    });
  const same = (message: Message) => message;
  const OTHER = `whsec_${btoa('another secret than the one we know')}`;

  it.each(['svix-id', 'svix-timestamp', 'svix-signature'])('without %s', (name) =>
    refused(without(name), 'headers'),
  );
  it('altered by a byte', () => refused(({ headers, body }) => ({ headers, body: `${body} ` }), 'signature'));
  it('of another user, with the signature of the first', () =>
    refused(
      ({ headers, body }) => ({ headers, body: body.replace(/user-test-/, 'user-test-0') }),
      'signature',
    ));
  it('under another id', () =>
    refused(({ headers, body }) => ({ headers: { ...headers, 'svix-id': 'msg_2' }, body }), 'signature'));
  it('signed with another secret', () => refused(same, 'signature', { secret: OTHER }));
  it('of more than five minutes ago', () => refused(same, 'timestamp', { at: Date.now() - 302_000 }));
  it('of more than five minutes ahead', () => refused(same, 'timestamp', { at: Date.now() + 302_000 }));

  it('of another project, though it is signed with our secret', async () => {
    const other = event('DELETE', 'user', 'user-live-1', { project_id: 'project-live-1' });
    expect(await refusalOf(await deliver(here.fetch, signed(other)))).toEqual(REFUSED);
    expect([because(), here.calls]).toEqual(['project', []]);
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['nothing', ''],
    ['no project', '{}'],
  ])('that says %s', async (_, body) => {
    const answer = await deliver(here.fetch, signed(body));
    expect(await refusalOf(answer)).toMatchObject({ status: 400, code: 'request_invalid', ...NONE });
    expect(here.calls).toEqual([]);
  });

  it('longer than a mebibyte', async () => {
    const long = event('DELETE', 'user', 'user-test-1', { pad: 'x'.repeat(1_048_576) });
    expect(await refusalOf(await deliver(here.fetch, signed(long)))).toEqual({
      ...{ status: 413, code: 'body_too_large', ...NONE },
    });
    expect(here.calls).toEqual([]);
  });

  it('where no secret is configured: it is not served', async () => {
    here = isolate({ STYTCH_WEBHOOK_SECRET: undefined });
    const answer = await deliver(here.fetch, signed(event('DELETE', 'user', 'user-test-1')));
    expect(await refusalOf(answer)).toEqual({ status: 404, code: 'not_configured', ...NONE });
    expect(here.calls).toEqual([]);
  });
});

it('while the secret is changed, both are taken', async () => {
  const [old, next] = ['the one of before, of 24 bytes', 'the one of tomorrow, of 24 bytes'].map(
    (text) => `whsec_${btoa(text)}`,
  );
  here = isolate({ STYTCH_WEBHOOK_SECRET: `${next} ${old}` });
  for (const secret of [old ?? '', next ?? '']) {
    const message = signed(event('CREATE', 'user', 'user-test-1'), { secret });
    expect(await done(await deliver(here.fetch, message))).toEqual(IGNORED);
  }
});

describe('a message that was dealt with', () => {
  const deleted = async () => {
    const session = await signIn();
    await issueKey(session);
    const id = newMessageId();
    const about = event('DELETE', 'user', subjectOf(session));
    const message = signed(about, { id });
    expect(await done(await deliver(here.fetch, message))).toEqual(SUSPENDED(1));
    // Whatever follows must not undo what the operator decides meanwhile.
    await (await userRing(subjectOf(session))).suspend(ownerOf(session), null, BY);
    return { session, id, about, message };
  };

  it('is refused when the same copy comes again: that is a replay', async () => {
    const { session, message } = await deleted();
    const other = isolate();
    expect(await refusalOf(await deliver(other.fetch, message))).toEqual(REFUSED);
    expect([because(), other.calls, await suspensionOf(session)]).toEqual([
      'replay',
      ['lobby.wasSeen'],
      null,
    ]);
  });

  it('is taken and not done twice when Svix, who did not hear of it, signs it anew', async () => {
    const { session, id, about, message } = await deleted();
    const again = signed(about, { id, at: Date.now() + 5_000 });
    expect(await done(await deliver(here.fetch, again))).toEqual(KNOWN);
    expect(await suspensionOf(session)).toBe(null);
    for (const copy of [again, message])
      expect(await refusalOf(await deliver(here.fetch, copy))).toEqual(REFUSED);
  });

  it('is known by every isolate, and after its Lobby was put out', async () => {
    const { id, message } = await deleted();
    await evictDurableObject(rooms.LOBBY.getByName(lobbyName(id)));
    expect(await refusalOf(await deliver(isolate().fetch, message))).toEqual(REFUSED);
  });

  it('leaves a hash of its id behind, for a quarter of an hour', async () => {
    const { id } = await deleted();
    const lobby = rooms.LOBBY.getByName(lobbyName(id));
    const held = async () => (await dumpOfRing(lobby)).messages ?? [];
    const before = await held();
    expect(before.length).toBeGreaterThan(0);
    expect(JSON.stringify(before)).not.toContain(id);
    await later(901);
    await runDurableObjectAlarm(lobby);
    expect(await held()).toEqual([]);
  });

  it('is one of others: that an id was seen says nothing of another', async () => {
    const { about } = await deleted();
    expect(await done(await deliver(here.fetch, signed(about)))).toEqual(SUSPENDED(0));
  });
});

describe('a message that was not dealt with', () => {
  const failing = (method: string, binding: 'KEY_RING' | 'LOBBY') => ({
    [binding]: {
      getByName: (name: string) =>
        new Proxy(rooms[binding].getByName(name), {
          get: (stub, name) => {
            if (name === method) return async () => Promise.reject(new Error('gone'));
            return (...given: unknown[]) =>
              (stub as unknown as Record<string, (...each: unknown[]) => unknown>)[String(name)]?.(...given);
          },
        }),
    } as unknown as Env['LOBBY'],
  });

  it.each([
    ['the Ring does not suspend', 'suspend', 'KEY_RING'],
    ['the Ring does not revoke', 'revokeAll', 'KEY_RING'],
    ['the Lobby does not say whether it was seen', 'wasSeen', 'LOBBY'],
    ['the Lobby does not remember it', 'markSeen', 'LOBBY'],
  ] as const)('because %s is 503, and whole when it comes again', async (_, method, binding) => {
    const session = await signIn();
    const { key } = await issueKey(session);
    const id = newMessageId();
    const about = event('DELETE', 'user', subjectOf(session));
    const broken = isolate({ ...env, ...failing(method, binding) });
    expect(await refusalOf(await deliver(broken.fetch, signed(about, { id })))).toEqual(cannotTell());
    const again = await deliver(here.fetch, signed(about, { id, at: Date.now() + 5_000 }));
    expect(await again.json()).toMatchObject({ outcome: 'suspended' });
    expect(await suspensionOf(session)).toBe('deleted at Stytch');
    expect(await statusesOf(session)).toEqual(['revoked']);
    expect((await isolate().call(key)).status).toBe(401);
  });

  it('is done once though twenty copies come at once', async () => {
    const session = await signIn();
    await issueKey(session);
    const message = signed(event('DELETE', 'user', subjectOf(session)));
    const answers = await Promise.all(Array.from({ length: 20 }, () => deliver(here.fetch, message)));
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    const { audit } = await dumpOfRing(await userRing(subjectOf(session)));
    expect(audit?.map(({ action }) => action)).toEqual(['key.created', 'owner.suspended', 'key.revoked']);
  });
});

describe('an owner of whom nothing is known here', () => {
  const deleted = async () => {
    const session = await signIn();
    const ring = await userRing(subjectOf(session));
    expect(
      await done(await deliver(here.fetch, signed(event('DELETE', 'user', subjectOf(session))))),
    ).toEqual(SUSPENDED(0));
    return { session, ring };
  };

  it('is refused for a day, without a trail, and then forgotten with his Ring', async () => {
    const { session, ring } = await deleted();
    expect((await isolate().call(session)).status).toBe(403);
    expect((await dumpOfRing(ring)).audit).toEqual([]);
    await later(DAY_SECONDS - 10);
    await runDurableObjectAlarm(ring);
    expect((await dumpOfRing(ring)).ring).toMatchObject([{ suspended_reason: 'deleted at Stytch' }]);
    await later(20);
    await runDurableObjectAlarm(ring);
    expect(await dumpOfRing(ring)).toEqual({});
  });

  it('stays refused if an operator has something to remember of him by then', async () => {
    const { session, ring } = await deleted();
    await ring.setLimits(ownerOf(session), { keysLimit: 3 }, BY);
    await later(DAY_SECONDS + 10);
    await runDurableObjectAlarm(ring);
    expect((await dumpOfRing(ring)).ring).toMatchObject([
      { suspended_reason: 'deleted at Stytch', lapses_at: null, keys_limit: 3 },
    ]);
  });

  it('stays refused if an operator says so himself, and that is in the trail', async () => {
    const { session, ring } = await deleted();
    await ring.suspend(ownerOf(session), 'fraud', BY);
    await later(DAY_SECONDS + 10);
    await runDurableObjectAlarm(ring);
    const { ring: row, audit } = await dumpOfRing(ring);
    expect(row).toMatchObject([{ suspended_reason: 'fraud', lapses_at: null }]);
    expect(audit).toMatchObject([{ action: 'owner.suspended', actor_kind: 'latchkey' }]);
  });

  it('is let in again by an operator, and that is in the trail', async () => {
    const { session, ring } = await deleted();
    await ring.suspend(ownerOf(session), null, BY);
    const { ring: row, audit } = await dumpOfRing(ring);
    expect(row).toMatchObject([{ suspended_at: null, lapses_at: null }]);
    expect(audit).toMatchObject([{ action: 'owner.lifted' }]);
  });

  it('who had used the API with his session is forgotten all the same', async () => {
    const session = await signIn();
    expect((await isolate().call(session)).status).toBe(200);
    const ring = await userRing(subjectOf(session));
    await deliver(here.fetch, signed(event('DELETE', 'user', subjectOf(session))));
    await later(DAY_SECONDS + 120);
    await runDurableObjectAlarm(ring);
    expect(await dumpOfRing(ring)).toEqual({});
  });

  it('stays refused where every client of the project is taken: one of his may live on at Stytch', async () => {
    const rings = ringsUnder({ foreignClients: 'any' });
    try {
      const { ring } = await deleted();
      await later(DAY_SECONDS + 10);
      await runDurableObjectAlarm(ring);
      const { ring: row, audit } = await dumpOfRing(ring);
      expect(row).toMatchObject([{ suspended_reason: 'deleted at Stytch', lapses_at: null }]);
      expect(audit).toMatchObject([{ action: 'owner.suspended', actor_kind: 'stytch' }]);
    } finally {
      rings.mockRestore();
    }
  });
});

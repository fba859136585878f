import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Env } from '../../src/assemble.ts';
import { githubPublishes, githubSends, githubSigner, type Signer } from '../github.ts';
import { inUse, logged } from '../secrets.ts';
import {
  cannotTell,
  DESK,
  desk,
  dumpOfRing,
  isolate,
  issueKey,
  later,
  now,
  refusalOf,
  ringStub,
  rooms,
  send,
  signIn,
} from '../world.ts';

const PLACE = 'https://github.com/acme/scripts/blob/12345600b9cbe38a219f39a9941c9319b600c002/deploy.sh';
const NONE = { challenge: null, retryAfter: null };
const REFUSED = { status: 400, code: 'webhook_refused', ...NONE };

const alert = (token: string, more: object = {}) => ({
  ...{ token, type: 'acme_api_key', url: PLACE, source: 'content', ...more },
});

const label = (token: string, truth: 'true_positive' | 'false_positive') => ({
  ...{ token_raw: token, token_type: 'acme_api_key', label: truth },
});

const statusOf = async (session: string, keyId: string): Promise<string> =>
  ((await (await desk(session, 'GET', `/v1/keys/${keyId}`)).json()) as { status: string }).status;

let github: Signer;

beforeEach(async () => {
  github = await githubSigner();
  await rooms.GITHUB.reset();
  await githubPublishes(github);
});
afterEach(now);

describe('GitHub found keys', () => {
  it('that are ours: they are ended, and GitHub is told which were', async () => {
    const session = await signIn();
    const [one, two] = [await issueKey(session), await issueKey(session)];
    const madeUp = `acme_test_${'0'.repeat(28)}_${'0'.repeat(61)}`;
    const tokens = [one.key, madeUp, two.key, 'hello'];
    const answer = await githubSends(
      isolate(),
      github,
      tokens.map((token) => alert(token)),
    );
    expect([answer.status, await answer.json()]).toEqual([
      200,
      [
        label(one.key, 'true_positive'),
        label(madeUp, 'false_positive'),
        label(two.key, 'true_positive'),
        label('hello', 'false_positive'),
      ],
    ]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    for (const { key, key_id } of [one, two]) {
      expect(await statusOf(session, key_id)).toBe('revoked');
      expect((await isolate().call(key)).status).toBe(401);
    }
  });

  it('that are dead are ours all the same', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    const answer = await githubSends(isolate(), github, [alert(key)]);
    expect(await answer.json()).toEqual([label(key, 'true_positive')]);
    const { audit } = await dumpOfRing(await ringStub(session));
    expect(audit?.map(({ action }) => action)).toEqual(['key.created', 'key.revoked']);
  });

  it('in several places: each is answered, and the key is ended once', async () => {
    const session = await signIn();
    const { key } = await issueKey(session);
    const places = Array.from({ length: 50 }, (_, i) => alert(key, { url: `${PLACE}#L${i}` }));
    const here = isolate();
    const answer = await githubSends(here, github, places);
    expect(await answer.json()).toEqual(places.map(() => label(key, 'true_positive')));
    expect(here.calls.filter((each) => each === 'ring.endPresented')).toHaveLength(1);
  });

  it('and the owner’s trail says that GitHub did, where, and by which of its keys', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    await githubSends(isolate(), github, [alert(key)]);
    const row = (await dumpOfRing(await ringStub(session))).audit?.find(
      ({ action }) => action === 'key.leaked',
    );
    expect(row).toMatchObject({
      ...{ client_id: key_id, actor_kind: 'anyone', actor_id: 'github', via: github.keyId },
    });
    expect(JSON.parse(String(row?.details))).toEqual({ source: PLACE, ended: 'key' });
  });

  it('in no place that can be named', async () => {
    const session = await signIn();
    const { key } = await issueKey(session);
    const answer = await githubSends(isolate(), github, [{ token: key, type: 'acme_api_key', url: '' }]);
    expect(await answer.json()).toEqual([label(key, 'true_positive')]);
    const row = (await dumpOfRing(await ringStub(session))).audit?.find(
      ({ action }) => action === 'key.leaked',
    );
    expect(JSON.parse(String(row?.details))).toEqual({ source: null, ended: 'key' });
  });

  it('none: that is a message too', async () => {
    const answer = await githubSends(isolate(), github, []);
    expect([answer.status, await answer.json()]).toEqual([200, []]);
  });

  it('a thousand at once', async () => {
    const { key } = await issueKey(await signIn());
    const alerts = [alert(key), ...Array.from({ length: 999 }, (_, i) => alert(`made-up-${i}`))];
    const here = isolate();
    const answer = await githubSends(here, github, alerts);
    const labels = (await answer.json()) as { label: string }[];
    expect([answer.status, labels.length, labels[0]?.label]).toEqual([200, 1000, 'true_positive']);
    expect(here.calls).toEqual(['ring.endPresented']);
  });

  it('that are called something else by and by: what is not known is passed over', async () => {
    const { key } = await issueKey(await signIn());
    const answer = await githubSends(isolate(), github, [alert(key, { score: 1, commit: { id: 'x' } })]);
    expect(answer.status).toBe(200);
  });
});

describe('a message of GitHub’s is refused, and nothing is touched', () => {
  const refused = async (
    send: (key: string) => Promise<Response>,
    refusal: object,
    here = isolate(),
  ): Promise<void> => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    expect(await refusalOf(await send(key))).toEqual(refusal);
    expect(here.calls).toEqual([]);
    expect(await statusOf(session, key_id)).toBe('active');
  };

  it.each<[string, { signed?: string; headers?: Record<string, string | undefined> }]>([
    ['without a signature', { headers: { 'github-public-key-signature': undefined } }],
    ['without the name of a key', { headers: { 'github-public-key-identifier': undefined } }],
    ['with a signature of something else', { signed: '[]' }],
    ['with a signature that is none', { headers: { 'github-public-key-signature': 'aGVsbG8=' } }],
    ['with a signature in another spelling', { headers: { 'github-public-key-signature': '%%%' } }],
    ['under a key that GitHub does not have', { headers: { 'github-public-key-identifier': 'another' } }],
  ])('%s', async (_, changed) => {
    const here = isolate();
    await refused((key) => githubSends(here, github, [alert(key)], changed), REFUSED, here);
  });

  it('signed by a stranger under the name of GitHub’s key', async () => {
    const here = isolate();
    const mallory = await githubSigner(github.keyId);
    await refused((key) => githubSends(here, mallory, [alert(key)]), REFUSED, here);
  });

  it('altered by a byte', async () => {
    const here = isolate();
    await refused(
      async (key) => {
        const body = JSON.stringify([alert(key)]);
        return githubSends(here, github, `${body} `, { signed: body });
      },
      REFUSED,
      here,
    );
  });

  it('longer than a mebibyte, before its signature is looked at', async () => {
    const here = isolate();
    const tooLarge = { status: 413, code: 'body_too_large', ...NONE };
    await refused(
      (key) => githubSends(here, github, [alert(key, { pad: 'x'.repeat(1_048_576) })]),
      tooLarge,
      here,
    );
    expect(await rooms.GITHUB.records()).toEqual([]);
  });

  it('with more than a thousand tokens', async () => {
    const here = isolate();
    const tooMany = { status: 413, code: 'batch_too_large', ...NONE };
    await refused((key) => githubSends(here, github, Array(1_001).fill(alert(key))), tooMany, here);
  });

  it.each(['{', '{}', 'null', '[{}]', '[{"token":1,"type":"x"}]', '["x"]'])('that says %s', async (body) => {
    const answer = await githubSends(isolate(), github, body);
    expect(await refusalOf(answer)).toMatchObject({ status: 400, code: 'request_invalid', ...NONE });
  });

  it('that is no UTF-8', async () => {
    const answer = await send(`${DESK}/webhooks/github-secret-scanning`, {
      method: 'POST',
      headers: { 'github-public-key-identifier': github.keyId, 'github-public-key-signature': 'aGVsbG8=' },
      body: new Uint8Array([0x5b, 0xff, 0x5d]),
    });
    expect(await refusalOf(answer)).toEqual(REFUSED);
  });
});

describe('while something is silent', () => {
  it('GitHub itself: its signature cannot be checked, and nobody says that it is bad', async () => {
    await rooms.GITHUB.reset();
    await rooms.GITHUB.always('*', { status: 503 });
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const here = isolate();
    expect(await refusalOf(await githubSends(here, github, [alert(key)]))).toEqual(cannotTell('5'));
    expect([here.calls, await statusOf(session, key_id)]).toEqual([[], 'active']);
    await githubPublishes(github);
    await later(6);
    expect((await githubSends(here, github, [alert(key)])).status).toBe(200);
  });

  it('one Ring: the other keys are ended, and GitHub is asked to come again', async () => {
    const [ada, bob] = [await signIn(), await signIn()];
    const [lost, reached] = [await issueKey(ada), await issueKey(bob)];
    const KEY_RING = {
      getByName: (name: string) =>
        name === lost.key_id.slice(10, 27)
          ? { leaked: async () => Promise.reject(new Error('gone')) }
          : rooms.KEY_RING.getByName(name),
    } as unknown as Env['KEY_RING'];
    const alerts = [alert(lost.key), alert(reached.key)];
    expect(await refusalOf(await githubSends(isolate({ KEY_RING }), github, alerts))).toEqual(cannotTell());
    expect([await statusOf(ada, lost.key_id), await statusOf(bob, reached.key_id)]).toEqual([
      'active',
      'revoked',
    ]);
    const again = await githubSends(isolate(), github, alerts);
    expect(await again.json()).toEqual(alerts.map(({ token }) => label(token, 'true_positive')));
    expect(await statusOf(ada, lost.key_id)).toBe('revoked');
  });
});

it('a token that is reported is not in the log', async () => {
  const token = `acme_test_${'0'.repeat(28)}_${'2'.repeat(61)}`;
  inUse(token);
  await githubSends(isolate(), github, [alert(token)]);
  expect(JSON.stringify(logged())).not.toContain(token);
});

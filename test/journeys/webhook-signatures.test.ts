import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { createTurn } from '../../src/model/turn.ts';
import { clock, sleep } from '../../src/runtime.ts';
import { createGithubKeys, verifyGithub } from '../../src/webhooks/github.ts';
import { signWebhook, verifyWebhook } from '../../src/webhooks/standard.ts';
import { DOCUMENTED, githubHeaders } from '../unit/webhooks/github-keys.ts';
import { rooms } from '../world.ts';

const now = clock(0);

/** Runs work in a request of its own, to a room of its own: what belongs to one may not be awaited by another. */
const inAnotherRequest = <T>(room: string, work: () => Promise<T>): Promise<T> =>
  runInDurableObject(rooms.KEY_RING.getByName(room), work);

describe('a webhook in workerd', () => {
  const secret = `whsec_${btoa('a secret of the tests alone, 32+')}`;
  const sent = Date.UTC(2026, 10, 1, 12);
  const body = '{"type":"user.deleted","name":"Zoë"}';

  it.each(['webhook', 'svix'])(
    'that was signed is taken, with %s headers, and an altered one is not',
    (family) => {
      const signed = signWebhook(secret, 'msg_1', sent, body);
      const headers = new Headers(
        Object.entries(signed).map(([name, value]) => [name.replace('webhook', family), value]),
      );
      expect(verifyWebhook(secret, headers, body, sent)).toEqual({
        ...{ ok: true, id: 'msg_1', sentAt: sent / 1000 },
      });
      expect(verifyWebhook(secret, headers, `${body} `, sent)).toEqual({ ok: false, because: 'signature' });
      expect(verifyWebhook(secret, headers, body, sent + 301_000)).toEqual({
        ok: false,
        because: 'timestamp',
      });
    },
  );
});

describe('a message of GitHub’s in workerd', () => {
  const { keyId, pem, body, signature } = DOCUMENTED;
  const published = { public_keys: [{ key_identifier: keyId, key: pem, is_current: true }] };

  /** An isolate whose GitHub takes its time. */
  const isolate = () => {
    const calls: string[] = [];
    const fetch = async (url: string): Promise<Response> => {
      calls.push(url);
      await sleep(20);
      return Response.json(published);
    };
    return {
      calls,
      keys: createGithubKeys({ fetch, now, turn: createTurn({ now, sleep, patienceMs: 10_000 }) }),
    };
  };

  it('is good as GitHub’s documentation has it, and an altered one is bad', async () => {
    const { keys } = isolate();
    expect(await verifyGithub(keys, githubHeaders(keyId, signature), body)).toBe('good');
    expect(await verifyGithub(keys, githubHeaders(keyId, signature), `${body} `)).toBe('bad');
    expect(await verifyGithub(keys, githubHeaders(keyId, signature.replace('U', 'V')), body)).toBe('bad');
    expect(await verifyGithub(keys, githubHeaders('another', signature), body)).toBe('bad');
  });

  it('is judged in each of several requests at once, with one fetch and a key that outlives its request', async () => {
    const { keys, calls } = isolate();
    const judge = (room: string) =>
      inAnotherRequest(room, () => verifyGithub(keys, githubHeaders(keyId, signature), body));
    expect(await Promise.all(['room-1', 'room-2', 'room-3'].map(judge))).toEqual(['good', 'good', 'good']);
    expect(await judge('room-4')).toBe('good');
    expect(calls).toEqual(['https://api.github.com/meta/public_keys/secret_scanning']);
  });

  it('is not judged with a key that workerd cannot read, and nothing is thrown', async () => {
    const fetch = async () => Response.json({ public_keys: [{ key_identifier: keyId, key: 'no key' }] });
    const keys = createGithubKeys({ fetch, now, turn: createTurn({ now, sleep, patienceMs: 10_000 }) });
    expect(await verifyGithub(keys, githubHeaders(keyId, signature), body)).toBe('unknowable');
  });
});

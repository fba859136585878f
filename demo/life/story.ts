import { setTimeout as wait } from 'node:timers/promises';
import { type Answer, ask, bearer, member, textOf } from '../http.ts';
import type { Stage } from '../stage.ts';
import { demand, signInAs, signUp } from '../world.ts';
import { verifyTrail } from './audit.ts';
import type { Days } from './days.ts';

const DAY_SECONDS = 86_400;
/** For how long both secrets are good. */
const OVERLAP_SECONDS = DAY_SECONDS;
/** A key is at the latest dead this long after the word that ends it; the answers say so by `effective_by`. */
const LEASE_MS = 5_000;

/** A key's life, day by day. Throws at the first step that did not do what it should. */
export const live = async (days: Days, stage: Stage): Promise<void> => {
  const { places } = days;
  const world = { places, stage };
  const account = await signUp(world);
  const session = async () => (await signInAs(world, account)).session;
  const atDesk = async (path: string, question: Parameters<typeof ask>[1] = {}): Promise<Answer> =>
    ask(`${places.desk}${path}`, {
      ...question,
      headers: { ...bearer(await session()), ...question.headers },
    });
  const statusOf = async (key: string): Promise<number> =>
    (await ask(`${places.api}/v1/items/1`, { headers: bearer(key) })).status;
  const opens = async (key: string, what: string): Promise<void> => {
    const status = await statusOf(key);
    stage.check(status === 200, `${what} opens the API`, `the answer is ${status}`);
  };
  const isDead = async (key: string, what: string): Promise<void> => {
    const status = await statusOf(key);
    stage.check(status === 401, `${what} is dead: 401`, `the answer is ${status}`);
  };

  const first = await stage.step('Day 0: a key is made, for ten days', async () => {
    const expires_at = new Date(days.now() + 10 * DAY_SECONDS * 1000).toISOString();
    const headers = { 'Idempotency-Key': 'the-first-key' };
    const body = { name: 'Nightly backup', scopes: ['items:read', 'items:write'], expires_at };
    const made = await atDesk('/v1/keys', { headers, body });
    demand(made, 201);
    const again = await atDesk('/v1/keys', { headers, body });
    demand(again, 201);
    const id = textOf(made.json, 'key_id');
    stage.check(
      textOf(again.json, 'key_id') === id && member(again.json, 'key') === null,
      'the same request again makes no second key, and shows no secret again',
    );
    await opens(textOf(made.json, 'key'), 'it');
    return { id, key: textOf(made.json, 'key') };
  });

  await stage.step('It is narrowed, for the key as it was read', async () => {
    const read = await atDesk(`/v1/keys/${first.id}`);
    const tag = read.headers.get('etag') ?? '';
    const change = (headers: Record<string, string>) =>
      atDesk(`/v1/keys/${first.id}`, { method: 'PATCH', headers, body: { scopes: ['items:read'] } });
    demand(await change({ 'If-Match': tag }), 200);
    const late = await change({ 'If-Match': tag });
    stage.check(late.status === 412, 'whoever read it before is told that it has changed: 412');
    await wait(LEASE_MS);
    const refused = await ask(`${places.api}/v1/items/1`, {
      ...{ method: 'POST', headers: bearer(first.key), body: {} },
    });
    stage.check(refused.status === 403, 'it may not write any more: 403', `the answer is ${refused.status}`);
  });

  const second = await stage.step('It is given a new secret; both are good for a day', async () => {
    const rotated = await atDesk(`/v1/keys/${first.id}/rotate`, {
      body: { overlap_seconds: OVERLAP_SECONDS },
    });
    demand(rotated, 200);
    const key = textOf(rotated.json, 'key');
    await opens(first.key, 'the old secret');
    await opens(key, 'the new secret');
    const other = await atDesk(`/v1/keys/${first.id}/rotate`, { body: { overlap_seconds: 0 } });
    stage.check(other.status === 409, 'a second rotation has to wait: 409', `the answer is ${other.status}`);
    stage.tell(`the old one ends by itself at ${textOf(rotated.json, 'rotation', 'finishes_at')}`);
    return { id: first.id, key };
  });

  await stage.step('Day 2: the old secret has ended by itself', async () => {
    await days.begin(2);
    await isDead(first.key, 'the old secret');
    await opens(second.key, 'the new secret');
    const isOver = async () => {
      const shown = await atDesk(`/v1/keys/${first.id}`);
      return textOf(shown.json, 'status') === 'active' && member(shown.json, 'rotation') === null;
    };
    // The alarm that was due is run when the Ring is there again.
    stage.check(await until(isOver), 'the rotation is over');
  });

  await stage.step('A rotation is finished by hand', async () => {
    const rotated = await atDesk(`/v1/keys/${first.id}/rotate`, {
      body: { overlap_seconds: OVERLAP_SECONDS },
    });
    demand(rotated, 200);
    const third = textOf(rotated.json, 'key');
    demand(await atDesk(`/v1/keys/${first.id}/rotate/finish`, { method: 'POST' }), 200);
    await wait(LEASE_MS);
    await isDead(second.key, 'the secret of before');
    await opens(third, 'the third secret');
    second.key = third;
  });

  await stage.step('Another key leaks, and whoever finds it ends it', async () => {
    const made = await atDesk('/v1/keys', { body: { name: 'In a public gist', scopes: ['items:read'] } });
    demand(made, 201);
    const key = textOf(made.json, 'key');
    await opens(key, 'it');
    const report = { body: { key, source: 'https://gist.github.com/somebody/1' } };
    const ended = await ask(`${places.desk}/v1/leaked`, report);
    demand(ended, 200);
    stage.check(textOf(ended.json, 'ended') === 'key', 'the finder needs no account, only the key');
    await wait(LEASE_MS);
    await isDead(key, 'the key');
    const again = await ask(`${places.desk}/v1/leaked`, report);
    stage.check(textOf(again.json, 'ended') === 'nothing', 'and there is nothing left to end');
  });

  await stage.step('Day 11: the first key has expired', async () => {
    await days.begin(11);
    await isDead(second.key, 'it');
    const isExpired = async () => textOf((await atDesk(`/v1/keys/${first.id}`)).json, 'status') === 'expired';
    stage.check(await until(isExpired), 'and is shown as expired');
  });

  await stage.step('What was used is counted', async () => {
    const query = `from=${new Date(days.now() - 12 * DAY_SECONDS * 1000).toISOString()}&by=day`;
    const usage = await atDesk(`/v1/keys/${first.id}/usage?${query}`);
    demand(usage, 200);
    const admitted = member(usage.json, 'totals', 'admitted');
    stage.check(typeof admitted === 'number' && admitted >= 6, `${admitted} requests were let through`);
  });

  await stage.step('All of it is written down, and nobody can alter that unseen', () =>
    verifyTrail(stage, days, (path) => atDesk(path)),
  );
};

/** Asks again until it is so; false when it does not come to that for a while. */
const until = async (isSo: () => Promise<boolean>): Promise<boolean> => {
  for (let tries = 0; tries < 100; tries++) {
    if (await isSo()) return true;
    await wait(100);
  }
  return false;
};

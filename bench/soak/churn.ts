import { setTimeout as wait } from 'node:timers/promises';
import { exponential, integerBelow, type Random } from '../simulate/random.ts';
import { atDesk, newTaking, orSuspended, settleTaking, type Wish, wrong } from './desk.ts';
import {
  bearerOf,
  endRotation,
  isSame,
  issue,
  type KeyShown,
  leak,
  narrow,
  requestToken,
  revoke,
  rotate,
  setEnd,
  widen,
} from './keys.ts';
import { type Key, type Owner, ofSecret, ofSession } from './people.ts';
import { LEASE_SECONDS, SCOPES } from './settings.ts';
import { pick, type Soak } from './soak.ts';
import { ask, latest } from './timeline.ts';

/** Something that a user or an operator does at the Desk; `key` is a living one of the owner. */
interface Deed {
  readonly weight: number;
  readonly done: (soak: Soak, random: Random, owner: Owner, key: Key) => Promise<unknown>;
}

export interface ChurnOptions {
  /** How many do something at the Desk side by side. */
  readonly churners: number;
  /** Of each of them, in milliseconds. */
  readonly meanPauseMs: number;
  /** How many living keys each owner should have. */
  readonly keysOfEach: number;
}

/** Has users manage their keys, and an operator suspend some of them, until it is over. */
export const churn = async (soak: Soak, options: ChurnOptions): Promise<void> => {
  await Promise.all(Array.from({ length: options.churners }, (_, i) => keepChanging(soak, options, i)));
};

const keepChanging = async (soak: Soak, options: ChurnOptions, index: number): Promise<void> => {
  const random = soak.random(`churn ${index}`);
  while (!soak.isOver()) {
    await wait(Math.min(exponential(random, options.meanPauseMs), 2_000));
    const owner = pick(random, soak.owners);
    if (owner === undefined || owner.isBusy || soak.isOver()) continue;
    owner.isBusy = true;
    try {
      await doSomething(soak, random, owner, options.keysOfEach);
    } finally {
      owner.isBusy = false;
    }
  }
};

const doSomething = async (soak: Soak, random: Random, owner: Owner, keysOfEach: number): Promise<void> => {
  const living = owner.keys.filter(isLiving);
  const key = pick(random, living);
  const isShort = living.length < keysOfEach;
  // A key that ends is replaced: mostly by one without an end.
  if (key === undefined || (isShort && random() < 0.5)) {
    const seconds = random() < 0.25 ? 6 + integerBelow(random, 10) : null;
    await issue(soak, random, owner, { seconds, hasLimit: random() < 0.01 });
    return;
  }
  let left = random() * WHOLE;
  const deed = DEEDS.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  await deed?.done(soak, random, owner, key);
};

/** A key of which is known what it is, and that does not end in this very moment. */
const isLiving = ({ isRevoked, isUnclear, expiresAt, rotationEndsAt }: Key): boolean => {
  const soon = Date.now() + NEAR_MS;
  return (
    !isRevoked &&
    !isUnclear &&
    (expiresAt === null || expiresAt > soon) &&
    !(rotationEndsAt !== null && rotationEndsAt < soon)
  );
};

const NEAR_MS = 5_000;

/** For how long somebody is suspended beyond a lease, at most. */
const SUSPENDED_MS = 3_000;

const suspend = async (soak: Soak, random: Random, owner: Owner, key: Key): Promise<void> => {
  const path = `/v1/users/${owner.userId}/suspension`;
  const common = { path, as: `Bearer ${soak.operator}`, statuses: [200], about: owner.userId };
  const wish: Wish = { ...common, what: 'suspend', method: 'PUT', body: { reason: 'soaked' } };
  const setting = ask(owner.suspended, true, Date.now(), newTaking('suspended'));
  const told = await atDesk<{ readonly effective_by: string }>(soak, random, wish);
  if (told.value === null) return;
  owner.auditRows++;
  const by = settleTaking(soak, wish, [setting], told, told.value.effective_by);
  const until = by + SUSPENDED_MS;
  soak.watched.push({ credential: ofSession(owner, SCOPES), until });
  const [secret] = key.secrets;
  if (secret !== undefined) soak.watched.push({ credential: ofSecret(key, secret, 'bearer'), until });
  await wait(LEASE_SECONDS * 1000 + random() * SUSPENDED_MS);
  const lifting = ask(owner.suspended, false, Date.now());
  const lifted = await atDesk<unknown>(soak, random, { ...common, what: 'lift', method: 'DELETE' });
  if (lifted.value === null) return;
  owner.auditRows++;
  const sureAt = lifted.answeredAt + LEASE_SECONDS * 1000;
  Object.assign(lifting, { sureAt, strictlySureAt: sureAt });
};

/** A user looks at his keys: they are what the model has. */
const list = async (soak: Soak, random: Random, owner: Owner): Promise<void> => {
  const now = Date.now();
  // An end may fall between the answer and the look at it.
  if (owner.keys.some(({ expiresAt }) => expiresAt !== null && Math.abs(expiresAt - now) < NEAR_MS)) return;
  const wish: Wish = {
    ...{ what: 'list', method: 'GET', path: '/v1/keys?limit=100', as: bearerOf(owner), statuses: [200] },
    about: owner.userId,
  };
  const told = await atDesk<{ readonly data: readonly KeyShown[] }>(soak, random, wish);
  if (told.value === null || owner.keys.some(({ isUnclear }) => isUnclear)) return;
  const expected = owner.keys.filter(
    ({ isRevoked, expiresAt }) => !isRevoked && (expiresAt === null || expiresAt > now),
  );
  const shown = new Map(told.value.data.map((key) => [key.key_id, key]));
  const isSo =
    shown.size === expected.length &&
    expected.every((key) => isSame(shown.get(key.keyId)?.scopes ?? [], latest(key.scopes) ?? []));
  if (!isSo)
    wrong(
      soak,
      wish,
      told.askedAt,
      'lists other keys',
      told.value.data.map(({ key_id }) => key_id),
    );
};

/** Something that is looked at, and must be answered. */
const look =
  (what: string, pathOf: (key: Key) => string): Deed['done'] =>
  (soak, random, owner, key) =>
    atDesk(soak, random, {
      ...{ what, method: 'GET', path: pathOf(key), as: bearerOf(owner), about: owner.userId },
      // What a session is, the Gate decides: it may still remember that its owner was suspended.
      statuses: [200, ...(what === 'whoami' ? orSuspended(owner, 403) : [])],
    });

const DEEDS: readonly Deed[] = [
  { weight: 14, done: (soak, random, _, key) => narrow(soak, random, key) },
  { weight: 14, done: (soak, random, _, key) => widen(soak, random, key) },
  { weight: 8, done: (soak, random, _, key) => rotate(soak, random, key, 3_600) },
  { weight: 3, done: (soak, random, _, key) => rotate(soak, random, key, 20) },
  { weight: 3, done: (soak, random, _, key) => rotate(soak, random, key, 0) },
  // Few keys are in a rotation: that somebody ends one is drawn the more often.
  { weight: 20, done: (soak, random, owner, key) => endOne(soak, random, owner, key, 'finish') },
  { weight: 10, done: (soak, random, owner, key) => endOne(soak, random, owner, key, 'cancel') },
  { weight: 8, done: (soak, random, _, key) => revoke(soak, random, key) },
  { weight: 3, done: (soak, random, _, key) => leak(soak, random, key) },
  { weight: 3, done: (soak, random, _, key) => setEnd(soak, random, key) },
  { weight: 2, done: suspend },
  { weight: 25, done: (soak, random, _, key) => requestToken(soak, random, key) },
  { weight: 8, done: (soak, random, owner) => list(soak, random, owner) },
  { weight: 4, done: look('show', ({ keyId }) => `/v1/keys/${keyId}`) },
  { weight: 4, done: look('usage of a key', ({ keyId }) => `/v1/keys/${keyId}/usage`) },
  { weight: 2, done: look('usage', () => '/v1/usage?by=day') },
  { weight: 4, done: look('audit', () => '/v1/audit?limit=20') },
  { weight: 3, done: look('limits', () => '/v1/limits') },
  { weight: 3, done: look('whoami', () => '/v1/whoami') },
];

const WHOLE = DEEDS.reduce((sum, { weight }) => sum + weight, 0);

const endOne = (soak: Soak, random: Random, owner: Owner, key: Key, verb: 'finish' | 'cancel') =>
  endRotation(
    soak,
    random,
    owner.keys.find((each) => isLiving(each) && each.rotationEndsAt !== null) ?? key,
    verb,
  );

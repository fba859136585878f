import fc from 'fast-check';
import { expect } from 'vitest';
import type { Ring } from '../../../src/model/ports.ts';
import { BY, later, ownerOf, ringStub } from '../../world.ts';
import { ENDPOINTS, importAgain, importNew } from './import.ts';
import { alive, cancel, deliver, end, finish, type Model, type ModelKey, pick, tick } from './model.ts';
import { ask, crash, isPair, MISHAPS, type Mishap, pass, type Real, strict } from './real.ts';

const BOTH = ['items:read', 'items:write'];

/** Does something to both. */
type Command = (model: Model, real: Real) => Promise<void>;

const command =
  (run: Command): Command =>
  async (model, real) => {
    tick(model, Date.now());
    await run(model, real);
  };

/** Something about one of the living keys; nothing where there is none. */
const onKey = (n: number, run: (model: Model, real: Real, key: ModelKey) => Promise<void>): Command =>
  command(async (model, real) => {
    const key = pick(model, n);
    if (key !== null) await run(model, real, key);
  });

const issue = (mishap: Mishap, lifeSeconds: number | null) =>
  command(async (model, real) => {
    const expiresAt = lifeSeconds === null ? null : Date.now() + lifeSeconds * 1000;
    const answer = await ask(real, 'm2m.create', mishap, 'POST', '/v1/keys', {
      ...{ name: 'model', scopes: BOTH },
      expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    });
    if (model.suspended) return void expect([403, 503]).toContain(answer.status);
    if (answer.status !== 201) {
      model.lost += 1;
      return void expect([409, 503]).toContain(answer.status);
    }
    const { key_id: id, key } = answer.body as { key_id: string; key: string };
    deliver(model, key);
    model.keys.set(id, {
      ...{ id, scopes: BOTH, current: key, next: null, finishesAt: null, ended: false },
      // The Desk shows whole seconds, and the Ring keeps what it was told.
      expiresAt,
    });
  });

const patch = (n: number, mishap: Mishap, scopes: readonly string[]) =>
  onKey(n, async (model, real, key) => {
    const answer = await ask(real, 'm2m.update', mishap, 'PATCH', `/v1/keys/${key.id}`, { scopes });
    if (answer.status === 200) {
      key.scopes = scopes;
      return;
    }
    expect(model.suspended ? [403, 503] : [404, 409, 502, 503]).toContain(answer.status);
    if (answer.status === 404) throw new Error('a living key was not found');
  });

const rotate = (n: number, mishap: Mishap, overlapSeconds: number) =>
  onKey(n, async (model, real, key) => {
    const startedAt = Date.now();
    const answer = await ask(real, 'm2m.rotate.start', mishap, 'POST', `/v1/keys/${key.id}/rotate`, {
      overlap_seconds: overlapSeconds,
    });
    if (answer.status !== 200) {
      expect(model.suspended ? [403, 503] : [409, 503]).toContain(answer.status);
      return;
    }
    expect(key.next).toBeNull();
    deliver(model, String(answer.body.key));
    key.next = String(answer.body.key);
    key.finishesAt = startedAt + overlapSeconds * 1000;
    if (overlapSeconds === 0) finish(model, key);
    else key.finishesAt = Date.parse((answer.body.rotation as { finishes_at: string }).finishes_at) + 1_000;
  });

const endRotation = (n: number, verb: 'finish' | 'cancel', mishap: Mishap) =>
  onKey(n, async (model, real, key) => {
    const path = `/v1/keys/${key.id}/rotate/${verb}`;
    const answer = await ask(
      real,
      verb === 'finish' ? 'm2m.rotate' : 'm2m.rotate.cancel',
      mishap,
      'POST',
      path,
    );
    const wasOpen = key.next !== null;
    if (answer.status === 503) return settle(model, real, key);
    expect(answer.status).toBe(wasOpen ? 200 : 409);
    if (wasOpen) (verb === 'finish' ? finish : cancel)(model, key);
  });

const revoke = (n: number, mishap: Mishap) =>
  onKey(n, async (model, real, key) => {
    const answer = await ask(real, 'm2m.delete', mishap, 'DELETE', `/v1/keys/${key.id}`);
    if (answer.status === 503) return settle(model, real, key);
    expect(answer.status).toBe(200);
    end(model, key);
  });

/** The answer was lost with the machine: what the Ring says now is what happened. */
const settle = async (model: Model, real: Real, key: ModelKey): Promise<void> => {
  const shown = await ask(real, 'm2m.get', 'none', 'GET', `/v1/keys/${key.id}`);
  if (shown.body.status === 'revoked') end(model, key);
  else if (key.next !== null && shown.body.rotation === null)
    (String(shown.body.last_four) === key.next.slice(-4) ? finish : cancel)(model, key);
};

const suspend = (lift: boolean) =>
  command(async (model, real) => {
    const ring = (await ringStub(real.session)) as unknown as Ring;
    expect(await ring.suspend(ownerOf(real.session), lift ? null : 'model', BY)).toMatchObject({ ok: true });
    model.suspended = !lift;
    // A no is held for a lease, as a yes is.
    if (lift) await later(6);
    tick(model, Date.now());
  });

const leak = (n: number, which: 'current' | 'next' | 'dead') =>
  onKey(n, async (model, real, key) => {
    const found = which === 'dead' ? ([...model.dead][n % Math.max(1, model.dead.size)] ?? null) : key[which];
    // What opens a client of Stytch's is no key: nobody can report it.
    if (found === null || isPair(found)) return;
    const answer = await ask(real, 'm2m.delete', 'none', 'POST', '/v1/leaked', { key: found });
    expect(answer.status).toBe(200);
    const isDead = which === 'dead' || model.dead.has(found);
    const ended = isDead
      ? 'nothing'
      : key.next === null
        ? 'key'
        : which === 'next'
          ? 'next_secret'
          : 'old_secret';
    expect(answer.body.ended).toBe(ended);
    if (ended === 'key') end(model, key);
    if (ended === 'next_secret') cancel(model, key);
    if (ended === 'old_secret') finish(model, key);
  });

const use = () =>
  command(async (model) => {
    // The clock of a test stands still, and what was asked in this very millisecond counts as asked now.
    await later(1);
    tick(model, Date.now());
    for (const key of alive(model))
      expect([key.slice(0, 38), await strict(key)]).toEqual([key.slice(0, 38), 200]);
    for (const key of model.dead) expect(await strict(key)).not.toBe(200);
    if (model.suspended) for (const key of model.delivered) expect([401, 403]).toContain(await strict(key));
  });

const wait = (seconds: number) =>
  command(async (model, real) => {
    await pass(real, seconds);
    tick(model, Date.now());
  });

const die = () =>
  command(async (_, real) => {
    await crash(await ringStub(real.session));
  });

/** Everything that can happen to one owner's keys, by name. */
const COMMANDS = {
  ...{ issue, patch, rotate, endRotation, revoke, leak, suspend, use, wait, die },
  ...{ importNew, importAgain },
} as const;

/** One thing that happens, as plain data: so that it can be kept. */
export type Deed = readonly [name: keyof typeof COMMANDS, ...given: readonly unknown[]];

/** Does it. */
export const happen = ([name, ...given]: Deed, model: Model, real: Real): Promise<void> =>
  (COMMANDS[name] as (...given: readonly unknown[]) => Command)(...given)(model, real);

/** A key that is made while nothing goes wrong. */
export const FIRST: Deed = ['issue', 'none', null];

const n = fc.nat(1);
const mishap = fc.constantFrom(...MISHAPS);
const verb = fc.constantFrom('finish', 'cancel');

const deed = (name: Deed[0], ...given: readonly fc.Arbitrary<unknown>[]): fc.Arbitrary<Deed> =>
  fc.tuple(fc.constant(name), ...given) as unknown as fc.Arbitrary<Deed>;

export const anyDeed: fc.Arbitrary<Deed> = fc.oneof(
  deed('issue', mishap, fc.constantFrom(null, null, 600)),
  deed('issue', mishap, fc.constantFrom(null, 600)),
  deed('patch', n, mishap, fc.constantFrom(['items:read'], BOTH)),
  deed('rotate', n, mishap, fc.constantFrom(0, 300, 2_000)),
  deed('rotate', n, mishap, fc.constantFrom(300, 2_000)),
  deed('endRotation', n, verb, mishap),
  deed('endRotation', n, verb, mishap),
  deed('revoke', n, mishap),
  deed('leak', n, fc.constantFrom('current', 'next', 'dead')),
  deed('suspend', fc.boolean()),
  deed('suspend', fc.constant(true)),
  deed('use'),
  deed('use'),
  deed('wait', fc.constantFrom(10, 130, 700)),
  deed('die'),
  deed('importNew', fc.constantFrom(...ENDPOINTS), mishap),
  deed('importAgain', fc.constantFrom(...ENDPOINTS), mishap),
);

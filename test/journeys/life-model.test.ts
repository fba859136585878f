import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { dumpOfRing, emulator, later, newUser, now, ringStub, signIn, stytchClients } from '../world.ts';
import { COMMANDS, FIRST } from './life/commands.ts';
import { alive, type Model, newModel, tick } from './life/model.ts';
import { pass, type Real, strict } from './life/real.ts';

const LIMIT = 5;

afterEach(async () => {
  await emulator('DELETE', '/faults');
  await now();
});

/** Gives the ledger time and a Stytch that answers, until it has nothing left to do. */
const reconciled = async (real: Real): Promise<void> => {
  await emulator('DELETE', '/faults');
  for (let round = 0; round < 8; round++) {
    await pass(real, 70);
    const { intentions = [], rotations = [] } = await dumpOfRing(await ringStub(real.session));
    if (intentions.length === 0 && rotations.every(({ status }) => status === 'open')) return;
  }
  throw new Error('the ledger never got done');
};

/** What must be true when everything is quiet. */
const holds = async (model: Model, real: Real): Promise<void> => {
  await later(1);
  tick(model, Date.now());
  const { keys = [] } = await dumpOfRing(await ringStub(real.session));
  const living = keys.filter(({ status }) => status === 'active').map(({ client_id }) => String(client_id));
  // No client at Stytch that no Ring knows, and none that a Ring has and Stytch has not. Of an import that was cut off,
  // the client may have its owner's name already.
  const known = (await stytchClients(real.session)).filter(
    (id) => !model.pending.has(id) || living.includes(id),
  );
  expect(known.sort()).toEqual(living.sort());
  expect(living.length).toBeLessThanOrEqual(LIMIT);
  for (const key of model.keys.values())
    expect([key.id, living.includes(key.id)]).toEqual([key.id, !key.ended]);
  // No credential lives that the model takes for dead, and none is dead that it takes for living.
  for (const key of model.dead) expect(await strict(key)).not.toBe(200);
  for (const key of alive(model)) expect(await strict(key)).toBe(200);
};

it('whatever is done to keys, and whatever breaks in the middle, Stytch and the Ring agree, the limit holds, ' +
  'a secret is delivered once, and what is dead stays dead', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands([...COMMANDS], { maxCommands: 24, size: 'max' }), async (commands) => {
      await now();
      await emulator('DELETE', '/faults');
      const user = await newUser();
      const real: Real = { user, session: await signIn(user) };
      const model = newModel();
      for (let i = 0; i < 2; i++) await FIRST.run(model, real);
      await fc.asyncModelRun(() => ({ model, real }), commands);
      await reconciled(real);
      await holds(model, real);
    }),
    { numRuns: Number((env as unknown as { LIFE_RUNS?: string }).LIFE_RUNS ?? 30), endOnFailure: true },
  );
}, 300_000);

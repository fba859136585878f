import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { mintClientId, ringOfOwner } from '../../src/model/key.ts';
import { randomBytes } from '../../src/runtime.ts';
import { holds } from '../property.ts';
import { atStytchNow, madeAtStytch, mark, reconciled } from '../reconciliation.ts';
import {
  atStytch,
  dumpOfRing,
  emulator,
  later,
  newUser,
  now,
  ownerOf,
  PROJECT,
  ringStub,
  signIn,
  stytchClients,
} from '../world.ts';
import { anyDeed, FIRST, happen } from './life/commands.ts';
import { alive, end, type Model, newModel, tick } from './life/model.ts';
import { pass, type Real, strict } from './life/real.ts';

const LIMIT = 5;
const A_DAY_AND_MORE = 27 * 3_600;

/** Short ones: what breaks is mostly what two or three things do to each other, and a thousand are to be tried. */
const deeds = fc.array(anyDeed, { maxLength: Number(process.env.FUZZ_LEN ?? 8), size: 'max' });

afterEach(async () => {
  await emulator('DELETE', '/faults');
  await now();
});

/** What somebody does in Stytch's dashboard, and a machine that died too early to tell anybody of what it had made. */
const BEHIND_OUR_BACK = fc.record({ deactivate: fc.boolean(), remove: fc.boolean(), stray: fc.boolean() });

/** Does so; the stray client that is to be gone after a reconciliation. */
const behindOurBack = async (
  model: Model,
  real: Real,
  { deactivate, remove, stray }: { deactivate: boolean; remove: boolean; stray: boolean },
): Promise<string | null> => {
  tick(model, Date.now());
  const [first, second] = [...model.keys.values()].filter(({ ended }) => !ended);
  if (deactivate && first !== undefined) {
    await atStytch('PUT', `/v1/m2m/clients/${first.id}`, { status: 'inactive' });
    if (!first.id.startsWith('acme_')) model.inactive.add(first.id);
    end(model, first);
  }
  if (remove && second !== undefined) {
    await atStytch('DELETE', `/v1/m2m/clients/${second.id}`);
    end(model, second);
  }
  if (!stray) return null;
  const ring = await ringOfOwner(PROJECT, ownerOf(real.session));
  const clientId = mintClientId('acme', 'test', ring, randomBytes);
  await madeAtStytch(clientId, { ...mark(3_600), user_id: ownerOf(real.session).id });
  return clientId;
};

/** Gives the ledger time and a Stytch that answers, until it has nothing left to do. */
const workedOff = async (real: Real): Promise<void> => {
  await emulator('DELETE', '/faults');
  for (let round = 0; round < 8; round++) {
    await pass(real, 70);
    const { intentions = [], rotations = [] } = await dumpOfRing(await ringStub(real.session));
    if (intentions.length === 0 && rotations.every(({ status }) => status === 'open')) return;
  }
  throw new Error('the ledger never got done');
};

/** What must be true when everything is quiet. */
const agree = async (model: Model, real: Real): Promise<void> => {
  await later(1);
  tick(model, Date.now());
  const { keys = [] } = await dumpOfRing(await ringStub(real.session));
  const living = keys.filter(({ status }) => status === 'active').map(({ client_id }) => String(client_id));
  // No client at Stytch that no Ring knows, and none that a Ring has and Stytch has not. Of an import that was cut off,
  // the client may have its owner's name already; one that was made elsewhere and deactivated there stays there.
  const isNobodys = (id: string) => model.pending.has(id) || model.inactive.has(id);
  const known = (await stytchClients(real.session)).filter((id) => !isNobodys(id) || living.includes(id));
  expect(known.sort()).toEqual(living.sort());
  expect(living.length).toBeLessThanOrEqual(LIMIT);
  for (const key of model.keys.values())
    expect([key.id, living.includes(key.id)]).toEqual([key.id, !key.ended]);
  // No credential lives that the model takes for dead, and none is dead that it takes for living.
  for (const key of model.dead) expect(await strict(key)).not.toBe(200);
  for (const key of alive(model)) expect(await strict(key)).toBe(200);
};

describe('SECURITY 3, property 10 › lifecycle model', () => {
  it('whatever is done to keys, and whatever breaks in the middle, Stytch and the Ring agree, the limit holds, a secret is delivered once, and what is dead stays dead', async ({
    annotate,
  }) => {
    const property = fc.asyncProperty(deeds, BEHIND_OUR_BACK, async (all, behind) => {
      await now();
      // A reconciliation looks at all that there is: the clients of those before would make each slower than the last.
      await emulator('POST', '/reset', {});
      const user = await newUser();
      const real: Real = { user, session: await signIn(user) };
      const model = newModel();
      for (const deed of [FIRST, FIRST, ...all]) await happen(deed, model, real);
      await workedOff(real);
      await agree(model, real);
      const stray = await behindOurBack(model, real, behind);
      await reconciled();
      // What is gone from Stytch no search shows: its Ring misses it within a day.
      await pass(real, A_DAY_AND_MORE);
      await workedOff(real);
      await agree(model, real);
      if (stray !== null) expect(await atStytchNow(stray)).toBeNull();
    });
    await holds('10', property, annotate);
  });
});

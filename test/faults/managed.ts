import { runDurableObjectAlarm } from 'cloudflare:test';
import { ringOfOwner } from '../../src/model/key.ts';
import { atStytchNow } from '../reconciliation.ts';
import { dumpOfRing, newUser, ownerOf, PROJECT, signIn } from '../world.ts';
import type { Prepared } from './play.ts';
import type { Run } from './run.ts';

/** Somebody who manages keys in a run. A session of his is made anew whenever one is needed: the clock is moved meanwhile. */
export const somebodyIn = async (run: Run) => {
  const user = await newUser();
  const owner = ownerOf(await signIn(user));
  const ring = run.ring(await ringOfOwner(PROJECT, owner));
  return { user, owner, ring, session: () => signIn(user) };
};

export type Somebody = Awaited<ReturnType<typeof somebodyIn>>;

/** Has the Durable Objects of a run do all that is due. One that never ends says so. */
export const ringAlarms = async (run: Run): Promise<void> => {
  await Promise.all(run.known().map((stub) => rung(stub)));
};

/** Long after every deadline that work of an alarm has; milliseconds. */
const NEVER_ENDS_MS = 15_000;

export const rung = async (stub: DurableObjectStub): Promise<'rung' | 'never ends'> => {
  const late = scheduler.wait(NEVER_ENDS_MS).then(() => 'never ends' as const);
  return Promise.race([runDurableObjectAlarm(stub).then(() => 'rung' as const), late]);
};

/** What is asked at the Desk, and what of it can be seen in the Ring. */
interface Managed {
  readonly ask: () => Promise<string>;
  readonly state: () => Promise<string>;
}

/** What is seen afterwards: how things are, what is answered when it is asked again, and how they are then. */
export const managed = (run: Run, { ring }: Pick<Somebody, 'ring'>, { ask, state }: Managed): Prepared => ({
  ask,
  settle: () => ringAlarms(run),
  after: async () => {
    const before = [await state(), ...(await disorderOf(run, ring))].join(', but ');
    const again = await ask();
    await run.quiet();
    return `${before}; again ${again}: ${await state()}`;
  },
});

/** Clients that were made elsewhere are Stytch's own before and after. */
const isOurs = (id: string): boolean => id.startsWith('acme_');

/** What is not as it must be in a Ring that has done all that was due: what is lost, left over, or there twice. */
export const disorderOf = async (run: Run, ring: DurableObjectStub): Promise<readonly string[]> => {
  const { keys = [], intentions = [], events = [], rotations = [] } = await dumpOfRing(ring);
  const atStytch = await Promise.all(
    run
      .created()
      .filter(isOurs)
      .map(async (id) => ((await atStytchNow(id)) ? [id] : [])),
  );
  const [known, there] = [new Set(idsOf(keys, 'active').filter(isOurs)), new Set(atStytch.flat())];
  return [
    ...(intentions.length > 0 ? ['something is still to be done at Stytch'] : []),
    ...(events.length > 0 ? ['the operator was not told'] : []),
    ...(rotations.some(({ status }) => status !== 'open') ? ['a rotation is left'] : []),
    ...(idsOf(keys, 'creating').length > 0 ? ['a slot is lost'] : []),
    ...([...there].some((id) => !known.has(id)) ? ['Stytch has a key that the Ring does not have'] : []),
    ...([...known].some((id) => !there.has(id)) ? ['the Ring has a key that Stytch does not have'] : []),
  ];
};

type Rows = readonly Readonly<Record<string, SqlStorageValue>>[];

const idsOf = (rows: Rows, status: string): readonly string[] =>
  rows.flatMap((row) => (row.status === status ? [String(row.client_id)] : []));

import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { mintClientId, ringOfOwner } from '../src/model/key.ts';
import type { Lobby, ReconciliationReport, Ring } from '../src/model/ports.ts';
import { randomBytes } from '../src/runtime.ts';
import { newLobby } from './foreign.ts';
import {
  atStytch,
  dumpOfRing,
  emulator,
  issueKey,
  later,
  ownerOf,
  PROJECT,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
} from './world.ts';

/** A Lobby that reconciles, with its RPC face. */
export type ReconcilingLobby = DurableObjectStub & Lobby;

/** A user, a key of his, and his Ring. */
export const keyOfSomebody = async (scopes: readonly string[] = ['items:read', 'items:write']) => {
  const session = await signIn();
  const issued = await issueKey(session, scopes);
  const stub = await ringStub(session);
  return { ...issued, session, owner: ownerOf(session), stub, ring: stub as unknown as Ring };
};

/** A client_id of our grammar that its Ring never heard of, and that Ring. */
export const unknownId = async () => {
  const owner = { kind: 'user', id: `user-test-${crypto.randomUUID()}` } as const;
  const ring = await ringOfOwner(PROJECT, owner);
  return {
    clientId: mintClientId('acme', 'test', ring, randomBytes),
    owner,
    stub: rooms.KEY_RING.getByName(ring),
  };
};

/** Our mark, as of some seconds ago. */
export const mark = (ageSeconds: number): Readonly<Record<string, string>> => ({
  made_by: 'latchkey',
  made_at: String(Math.floor(Date.now() / 1000) - ageSeconds),
});

/** A client that is at Stytch and that no Ring knows. */
export const strayClient = async (metadata: object, clientId?: string) => {
  const unknown = await unknownId();
  const id = clientId ?? unknown.clientId;
  await madeAtStytch(id, metadata);
  return { ...unknown, clientId: id };
};

/** Has a client made at Stytch, behind Latchkey's back. */
export const madeAtStytch = async (clientId: string, metadata: object): Promise<void> => {
  const made = await atStytch('POST', '/v1/m2m/clients', {
    ...{ client_id: clientId, client_name: 'stray', scopes: ['items:read'], trusted_metadata: metadata },
  });
  if (!made.ok) throw new Error(`client: ${made.status} ${await made.text()}`);
};

/** A client as Stytch has it; null where it has none. */
export const atStytchNow = async (clientId: string): Promise<Readonly<Record<string, unknown>> | null> => {
  const response = await atStytch('GET', `/v1/m2m/clients/${clientId}`);
  if (response.status === 404) return null;
  return ((await response.json()) as { m2m_client: Record<string, unknown> }).m2m_client;
};

/** Lets the time until a Lobby's next slice pass, and has it done. What else it has to do is done as well. */
export const nextSlice = async (lobby: ReconcilingLobby): Promise<ReconciliationReport> => {
  const dueAt = await runDueAt(lobby);
  if (dueAt === null) throw new Error('no run is under way');
  await later(Math.max(0, Math.ceil((dueAt - Date.now()) / 1000)));
  await runDurableObjectAlarm(lobby);
  return reportIn(lobby);
};

/** When a Lobby's run goes on, milliseconds since the epoch; null when none is under way. */
export const runDueAt = (lobby: DurableObjectStub): Promise<number | null> =>
  runInDurableObject(lobby, (_object, { storage }) => {
    const [row] = storage.sql.exec('SELECT due_at FROM reconciliation').toArray();
    return (row?.due_at ?? null) as number | null;
  });

export const reportIn = async (lobby: ReconcilingLobby): Promise<ReconciliationReport> => {
  const report = await lobby.reconciliation();
  if (report === null) throw new Error('there is no report');
  return report;
};

/** Begins a run in a Lobby. */
export const begin = async (
  lobby: ReconcilingLobby,
  more: { readonly dryRun?: boolean; readonly maxOrphans?: number } = {},
): Promise<ReconciliationReport> => {
  const started = await lobby.startReconciliation({ dryRun: false, by: null, maxOrphans: null, ...more });
  if (!started.ok) throw new Error(started.refusal.reason);
  return started.value;
};

/** A whole reconciliation, by a Lobby that nobody was in yet. */
export const reconciled = async (more: Parameters<typeof begin>[1] = {}): Promise<ReconciliationReport> => {
  const lobby = newLobby();
  await begin(lobby, more);
  for (;;) {
    const report = await nextSlice(lobby);
    if (report.finishedAt !== null) return report;
  }
};

/** What of a report's counts is not nought. */
export const countsOf = ({ counts }: ReconciliationReport): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

/** How often Stytch was called since the counters were last put back, by endpoint. */
export const callsOfM2M = async (): Promise<Readonly<Record<string, number>>> =>
  Object.fromEntries(Object.entries(await stytchCalls()).filter(([name]) => name.startsWith('m2m.')));

/**
 * An emulator with nobody in it, without a fault or a count, and clocks that stand still an hour from now: no alarm of what happens
 * from here on rings by itself.
 */
export const emptyStytch = async (): Promise<void> => {
  await emulator('POST', '/reset', { seed: false });
  await later(3_600);
};

/** Waits until a Ring has done all that it intends to do at Stytch. */
export const settled = async (stub: DurableObjectStub): Promise<void> => {
  while ((await dumpOfRing(stub)).intentions?.length !== 0) await runDurableObjectAlarm(stub);
};

import { expect } from 'vitest';
import { ringOfOwner } from '../../src/model/key.ts';
import type { Ring } from '../../src/model/ports.ts';
import { madeUpPair } from '../foreign.ts';
import { basicOf } from '../oauth.ts';
import { inUse } from '../secrets.ts';
import { BY, type Isolate, type Issued, PROJECT, rooms } from '../world.ts';
import { type AppSession, signInAtApp } from './app-session.ts';
import {
  bad,
  type Caller,
  EVERYBODYS,
  foreignCaller,
  forgedFrom,
  keyCaller,
  NOBODY,
  OPTIONAL,
  READ,
  STRICT,
  secretOf,
  sessionCaller,
  tokenCaller,
  WRITE,
} from './callers.ts';

/** Makes a key at the Desk. */
export const issueAt = async (
  desk: Isolate,
  session: AppSession,
  scopes: readonly string[] = ['items:read'],
  more: object = {},
): Promise<Issued> => {
  const answer = await desk.desk(session.jwt(), 'POST', '/v1/keys', { name: 'outage', scopes, ...more });
  if (answer.status !== 201) throw new Error(`issue: ${answer.status} ${await answer.text()}`);
  const issued: Issued = await answer.json();
  inUse(issued.key);
  return issued;
};

const BOTH = ['items:read', 'items:write'];

/** Everybody of a run. */
export const meet = async (desk: Isolate) => {
  const [ada, bo, dan, eve] = [
    await signInAtApp(),
    await signInAtApp(),
    await signInAtApp(),
    await signInAtApp(),
  ];
  const of = (session: AppSession, ...more: [scopes?: readonly string[], more?: object]) =>
    issueAt(desk, session, ...more);
  const revoked = keyCaller('revoked before', await of(ada));
  const revocation = await desk.desk(ada.jwt(), 'DELETE', `/v1/keys/${revoked.truth.self.keyId}`);
  expect(revocation.status).toBe(200);
  const [at, by] = [
    Date.now(),
    Date.parse(((await revocation.json()) as { effective_by: string }).effective_by),
  ];
  revoked.truth = { ...revoked.truth, ended: { since: at, answeredAt: at, by } };
  const token = await tokenCaller(await of(bo));
  const { caller: foreign, pair } = await foreignCaller();
  const eves = [await of(eve), await of(eve)];
  await setPlan(eve.userId, 'tiny');
  const fated = async (fate: Caller['fate'], n: number): Promise<readonly Caller[]> =>
    Promise.all(
      Array.from({ length: n }, async (_, i) =>
        keyCaller(`to ${fate} ${i}`, await of(bo, BOTH), {
          ...{ fate, scopes: BOTH, errands: fate === 'narrow' ? [READ, WRITE] : [READ, STRICT], share: 0.4 },
        }),
      ),
    );
  const callers: Caller[] = [
    keyCaller('API key', await of(ada), { share: 0.9, errands: [READ, READ, READ, STRICT] }),
    keyCaller('X-API-Key', await of(ada), { row: 'API key in X-API-Key', as: 'X-API-Key', share: 0.8 }),
    keyCaller('own pair', await of(bo), {
      row: 'own pair',
      as: 'Basic',
      share: 0.8,
      errands: [READ, STRICT],
    }),
    ...[foreign, token.caller, sessionCaller(dan)],
    ...eves.map((issued, i) =>
      keyCaller(`eve ${i}`, issued, { row: 'over the limit', isOverLimit: true, share: 1 }),
    ),
    {
      ...EVERYBODYS,
      ...{ name: 'anonymous', row: 'anonymous', errands: [OPTIONAL], headers: () => ({}) },
      truth: { ...secretOf(NOBODY, []), kind: 'anonymous' },
    },
    ...(await fated('revoke', 2)),
    ...(await fated('narrow', 2)),
    ...(await fated('find', 4)),
    revoked,
    keyCaller('new key', await of(ada), { isNew: true }),
    keyCaller('new pair', await of(ada), { isNew: true, row: 'own pair', as: 'Basic' }),
    keyCaller('without the scope', await of(ada), { errands: [WRITE] }),
    bad('made-up key', 'made_up', { authorization: `Bearer acme_test_${'0'.repeat(28)}_${'1'.repeat(61)}` }),
    bad('made-up pair', 'unclaimed', { authorization: basicOf(madeUpPair()) }),
    {
      ...bad('wrong secret', 'wrong_secret', { authorization: basicOf(madeUpPair(pair.clientId)) }),
      share: 0.2,
    },
    bad('forged session', 'forged', { authorization: `Bearer ${forgedFrom(dan.jwt())}` }),
  ];
  return { callers, sessions: [ada, bo, dan, eve], ada, bo, token };
};

export type People = Awaited<ReturnType<typeof meet>>;

const setPlan = async (userId: string, plan: string): Promise<void> => {
  const owner = { kind: 'user', id: userId, organizationId: null } as const;
  const ring = rooms.KEY_RING.getByName(await ringOfOwner(PROJECT, owner)) as unknown as Ring;
  expect(await ring.setLimits(owner, { plan }, BY)).toMatchObject({ ok: true });
};

/** The limits of the tests' file, by who has which plan. */
export const limitOf = ({ isOverLimit }: Caller) => ({ units: isOverLimit ? 10 : 600, windowMs: 60_000 });

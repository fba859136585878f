import fc from 'fast-check';
import { expect } from 'vitest';
import { foreignClient, type Pair } from '../../foreign.ts';
import { operatorToken } from '../../operators.ts';
import { inUse } from '../../secrets.ts';
import { subjectOf } from '../../world.ts';
import { type Model, tick } from './model.ts';
import { ask, MISHAPS, type Mishap, type Real } from './real.ts';

const ENDPOINTS = ['token', 'm2m.get', 'm2m.update'] as const;
const SCOPES = ['items:read', 'items:write'];

const importAs = (
  what: string,
  endpoint: string,
  mishap: Mishap,
  pairOf: (model: Model) => Promise<Pair | null>,
) => ({
  check: () => true,
  run: async (model: Model, real: Real) => {
    tick(model, Date.now());
    const pair = await pairOf(model);
    if (pair === null) return;
    const { clientId: client_id, clientSecret: client_secret } = pair;
    const path = `/v1/users/${subjectOf(real.session)}/keys/import`;
    const operator = { ...real, as: await operatorToken() };
    const { status } = await ask(operator, endpoint, mishap, 'POST', path, { client_id, client_secret });
    if (status !== 200 && status !== 201) {
      // Whether anything of it was done, nobody knows: the claim is this owner's, and a repeat completes it.
      if (status === 503) model.pending.set(client_id, pair);
      return void expect(model.suspended ? [403, 503] : [409, 503]).toContain(status);
    }
    model.pending.delete(client_id);
    const basic = btoa(`${client_id}:${client_secret}`);
    inUse(basic);
    model.keys.set(client_id, {
      ...{ id: client_id, scopes: SCOPES, current: `Basic ${basic}`, next: null },
      ...{ finishesAt: null, expiresAt: null, ended: false },
    });
  },
  toString: () => `${what} ${endpoint} ${mishap}`,
});

const endpoint = fc.constantFrom(...ENDPOINTS);
const mishap = fc.constantFrom(...MISHAPS);

/** A client of Stytch's that becomes the owner's key, and another try of one that was cut off. */
export const IMPORTS: readonly fc.Arbitrary<fc.AsyncCommand<Model, Real>>[] = [
  fc.tuple(endpoint, mishap).map(([where, how]) => importAs('import', where, how, () => foreignClient(null))),
  fc
    .tuple(endpoint, mishap)
    .map(([where, how]) =>
      importAs('import again', where, how, async ({ pending }) => [...pending.values()][0] ?? null),
    ),
];

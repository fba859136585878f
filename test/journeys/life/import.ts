import { expect } from 'vitest';
import { foreignClient, type Pair } from '../../foreign.ts';
import { operatorToken } from '../../operators.ts';
import { inUse } from '../../secrets.ts';
import { subjectOf } from '../../world.ts';
import { type Model, tick } from './model.ts';
import { ask, type Mishap, type Real } from './real.ts';

/** Where an import calls Stytch. */
export const ENDPOINTS = ['token', 'm2m.get', 'm2m.update'] as const;
const SCOPES = ['items:read', 'items:write'];

const importAs =
  (endpoint: string, mishap: Mishap, pairOf: (model: Model) => Promise<Pair | null>) =>
  async (model: Model, real: Real): Promise<void> => {
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
  };

/** A client of Stytch's becomes the owner's key. */
export const importNew = (endpoint: string, mishap: Mishap) =>
  importAs(endpoint, mishap, () => foreignClient(null));

/** Another try of one that was cut off. */
export const importAgain = (endpoint: string, mishap: Mishap) =>
  importAs(endpoint, mishap, async ({ pending }) => [...pending.values()][0] ?? null);

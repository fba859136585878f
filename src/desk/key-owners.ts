import { json } from '../http/answer.ts';
import { ownerObject } from '../model/objects.ts';
import { ok } from '../model/refusal.ts';
import * as z from '../model/zod.ts';
import type { Doors } from './doors.ts';
import { KEY_ID, OWNER } from './objects.ts';
import { operation } from './operation.ts';
import type { OwnerOfKeyWork } from './work/owner-of-key.ts';

const KEY_OWNER = z.strictObject({ key_id: z.string(), owner: OWNER }).check(z.meta({ id: 'KeyOwner' }));

/** Whose a key is, for operators who have its id from a log. */
export const keyOwnerOperations = (work: OwnerOfKeyWork, { operator }: Doors) =>
  [
    operation({
      ...{ method: 'GET', path: '/v1/key-owners/{key_id}', operationId: 'getKeyOwner', tag: 'Operators' },
      ...{ door: operator, params: z.object({ key_id: KEY_ID }) },
      summary: 'Tells whose a key is',
      description:
        'By its id, dead or alive, if it was made here. Never send a whole key: it is not looked at, and does not belong in a URL.',
      answers: { 200: { description: 'Whose it is', body: KEY_OWNER } },
      refusals: ['not_found'],
      handle: async ({ params: { key_id: keyId }, call }) => {
        const owner = await work(keyId);
        if (!owner.ok) return owner;
        return ok(json({ key_id: keyId, owner: ownerObject(owner.value) }, 200, call.requestId));
      },
    }),
  ] as const;

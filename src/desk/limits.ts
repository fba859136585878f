import { json } from '../http/answer.ts';
import { standingObject } from '../model/objects.ts';
import { ok } from '../model/refusal.ts';
import { operation } from './operation.ts';
import { OWNER_LIMITS } from './owner-objects.ts';
import type { Place } from './place.ts';
import { limitsQuery } from './schemas.ts';
import type { LimitsWork } from './work/limits.ts';

/** What an owner may have and ask for, and what is left of it. */
export const limitsOperations = <P extends string>(work: LimitsWork, place: Place<P>) => {
  const { base, tag, of, door } = place;

  const limits = operation({
    ...{ method: 'GET', path: `${base}/limits` as const, tag, door, query: limitsQuery },
    operationId: `get${of}Limits`,
    summary: 'Tells the limits, and what is left of them',
    description: 'Of everything together; with `key_id`, also of the limit that this key has of its own.',
    answers: { 200: { description: 'The limits now', body: OWNER_LIMITS } },
    refusals: ['not_found'],
    handle: async ({ who, query: { key_id: keyId = null }, call }) => {
      const standing = await work(who, keyId);
      return standing.ok ? ok(json(standingObject(standing.value), 200, call.requestId)) : standing;
    },
  });

  return [limits] as const;
};

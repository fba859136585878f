import { json } from '../http/answer.ts';
import type { OwnerRecord } from '../model/life.ts';
import { limitsObject, ownerRecordObject } from '../model/objects.ts';
import { ok } from '../model/refusal.ts';
import type { Doors } from './doors.ts';
import { effectiveBy } from './effective-by.ts';
import { exportOperation } from './export.ts';
import { importOperation } from './import.ts';
import { operation } from './operation.ts';
import { CHANGED_LIMITS, CHANGED_OWNER, OWNER_RECORD, REVOKED_ALL } from './owner-objects.ts';
import type { Call, DeskPorts } from './ports.ts';
import { ownerLimitsBody, restoreBody, suspensionBody } from './schemas.ts';
import type { OwnersWork } from './work/owners.ts';

const USER = '/v1/users/{user_id}';

/** What an operator does with an owner as such. What he does with single keys is the same as anybody does. */
export const operatorOperations = (ports: DeskPorts, work: OwnersWork, { ofUser: door }: Doors) => {
  const common = { tag: 'Operators', door } as const;

  const changed = (record: OwnerRecord, { requestId }: Call): Response =>
    json({ ...ownerRecordObject(record), effective_by: effectiveBy(ports) }, 200, requestId);

  const about = operation({
    ...{ method: 'GET', path: USER, ...common, operationId: 'getUser' },
    summary: 'Shows what is known of an owner',
    description: 'A user, a member or an organisation, by the id that Stytch gave it.',
    answers: { 200: { description: 'The owner', body: OWNER_RECORD } },
    refusals: ['not_found'],
    handle: async ({ who, call }) => {
      const record = await work.about(who);
      return record.ok ? ok(json(ownerRecordObject(record.value), 200, call.requestId)) : record;
    },
  });

  const suspend = operation({
    ...{ method: 'PUT', path: `${USER}/suspension` as const, ...common, operationId: 'suspendUser' },
    ...{ body: suspensionBody, summary: 'Suspends an owner' },
    description: 'Every credential and session of the owner is refused. What he has can still be revoked.',
    answers: { 200: { description: 'The owner, suspended', body: CHANGED_OWNER } },
    refusals: ['not_found', 'conflict'],
    handle: async ({ who, body, call }) => {
      const suspended = await work.suspend(who, body);
      return suspended.ok ? ok(changed(suspended.value, call)) : suspended;
    },
  });

  const lift = operation({
    ...{
      method: 'DELETE',
      path: `${USER}/suspension` as const,
      ...common,
      operationId: 'liftUserSuspension',
    },
    summary: 'Lifts the suspension of an owner',
    answers: { 200: { description: 'The owner, not suspended', body: CHANGED_OWNER } },
    refusals: ['not_found', 'owner_deleted', 'conflict'],
    handle: async ({ who, call }) => {
      const lifted = await work.lift(who);
      return lifted.ok ? ok(changed(lifted.value, call)) : lifted;
    },
  });

  const setLimits = operation({
    ...{ method: 'PUT', path: `${USER}/limits` as const, ...common, operationId: 'setUserLimits' },
    ...{ body: ownerLimitsBody, summary: "Sets an owner's plan and number of keys" },
    description: 'Keys that are more than the new number live on; none is added until they are fewer.',
    answers: { 200: { description: 'What the owner has of his own now', body: CHANGED_LIMITS } },
    refusals: ['not_found', 'owner_deleted'],
    handle: async ({ who, body, call }) => {
      const set = await work.setLimits(who, body);
      if (!set.ok) return set;
      const shown = { ...limitsObject(set.value), effective_by: effectiveBy(ports) };
      return ok(json(shown, 200, call.requestId));
    },
  });

  const revokeAll = operation({
    ...{ method: 'DELETE', path: `${USER}/keys` as const, ...common, operationId: 'revokeUserKeys' },
    summary: 'Revokes every key of an owner',
    answers: { 200: { description: 'How many were alive until now', body: REVOKED_ALL } },
    refusals: ['not_found', 'conflict'],
    handle: async ({ who, call }) => {
      const revoked = await work.revokeAll(who);
      if (!revoked.ok) return revoked;
      const shown = { revoked: revoked.value, effective_by: effectiveBy(ports) };
      return ok(json(shown, 200, call.requestId));
    },
  });

  const forget = operation({
    ...{ method: 'DELETE', path: USER, ...common, operationId: 'deleteUser' },
    summary: "Deletes an owner's data",
    description:
      'Every key is revoked, the owner is suspended for good, and what is personal is forgotten. Tombstones and the audit trail are kept until `kept_until`.',
    answers: { 200: { description: 'What is left of the owner', body: CHANGED_OWNER } },
    refusals: ['not_found'],
    handle: async ({ who: { owner, author }, call }) => {
      const ring = await ports.ringOf(owner);
      const forgotten = await ring.forgetOwner(owner, author);
      return forgotten.ok ? ok(changed(forgotten.value, call)) : forgotten;
    },
  });

  const restore = operation({
    ...{ method: 'POST', path: `${USER}/restore` as const, ...common, operationId: 'restoreUser' },
    ...{ body: restoreBody, summary: 'Restores an owner whose Ring was lost, from an export' },
    description:
      'In steps, as `latchkey restore` takes them; until the last one everything of the owner is refused. What Stytch has no more is restored as revoked.',
    answers: { 200: { description: 'The owner', body: CHANGED_OWNER } },
    refusals: ['not_found', 'owner_known', 'client_refused'],
    handle: async ({ who: { owner, author }, body, call }) => {
      const ring = await ports.ringOf(owner);
      const restored = await ring.restore(owner, body.step, body.lines, author);
      return restored.ok ? ok(changed(restored.value, call)) : restored;
    },
  });

  return [
    ...([about, suspend, lift, setLimits, revokeAll, forget, restore] as const),
    importOperation(ports, `${USER}/keys/import`, common),
    exportOperation(ports, `${USER}/export`, common),
  ] as const;
};

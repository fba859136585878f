import { json, PRAGMA } from '../http/answer.ts';
import type { KeyRecord } from '../model/life.ts';
import { keyObject } from '../model/objects.ts';
import { ok } from '../model/refusal.ts';
import * as z from '../model/zod.ts';
import { effectiveBy } from './effective-by.ts';
import { entityTag, revisionAsked } from './entity-tag.ts';
import { idempotencyOf } from './idempotency.ts';
import { ISSUED_KEY, KEY, KEY_ID, pageOf, REVOKED_KEY, ROTATED_KEY } from './objects.ts';
import { operation } from './operation.ts';
import type { Place } from './place.ts';
import type { Call, DeskPorts } from './ports.ts';
import { createKeyBody, listKeysQuery, patchKeyBody, rotateKeyBody } from './schemas.ts';
import type { KeyWork } from './work/keys.ts';

const WITH_ETAG = { ETag: 'The revision of the key, for If-Match' };
const IDEMPOTENCY_KEY = {
  'Idempotency-Key':
    'Makes a repeat harmless for a day: the same answer, with `key: null` in the place of the secret',
};

/** Everything that can be done with keys, wherever they are served. */
export const keyOperations = <P extends string>(ports: DeskPorts, work: KeyWork, place: Place<P>) => {
  const { base, tag, of, door, freshDoor } = place;
  const path = `${base}/keys` as const;
  const one = `${path}/{key_id}` as const;
  const params = z.object({ key_id: KEY_ID });

  const create = operation({
    ...{ method: 'POST', path, tag, operationId: `create${of}Key`, door: freshDoor, body: createKeyBody },
    summary: 'Makes a key',
    description: 'The whole key is in this one answer, and never again.',
    headers: IDEMPOTENCY_KEY,
    answers: {
      201: {
        description: 'The key, whole',
        body: ISSUED_KEY,
        headers: { ...WITH_ETAG, Location: 'The key' },
      },
    },
    refusals: [
      ...(['scope_not_grantable', 'owner_suspended', 'owner_deleted', 'key_limit_reached'] as const),
      ...(['client_refused', ...REPEATS] as const),
    ],
    handle: async ({ who, body, request, call }) => {
      const idempotency = await idempotencyOf(request, who, body);
      if (!idempotency.ok) return idempotency;
      const issued = await work.create(who, body, idempotency.value);
      if (!issued.ok) return issued;
      const { record, key } = issued.value;
      const location = `${path}/${record.keyId}`.replace('{user_id}', who.owner.id);
      return ok(shown(record, call, 201, { key }, { location, ...PRAGMA }));
    },
  });

  const list = operation({
    ...{ method: 'GET', path, tag, operationId: `list${of}Keys`, door, query: listKeysQuery },
    summary: 'Lists keys',
    description:
      'One page of a search, or of the keys with a scope, looks at 2,000 keys at the most: it may be short, or empty, and not the last. The list goes on for as long as there is a `next_cursor`.',
    answers: { 200: { description: 'A page of keys', body: pageOf(KEY) } },
    handle: async ({ who, query, call }) => {
      const page = await work.list(who, query);
      if (!page.ok) return page;
      const { records, cursor } = page.value;
      const body = { data: records.map(keyObject), next_cursor: cursor };
      return ok(json(body, 200, call.requestId));
    },
  });

  const get = operation({
    ...{ method: 'GET', path: one, tag, operationId: `get${of}Key`, door, params },
    summary: 'Shows a key',
    answers: { 200: { description: 'The key', body: KEY, headers: WITH_ETAG } },
    refusals: ['not_found'],
    handle: async ({ who, params: { key_id: keyId }, call }) => {
      const record = await work.get(who, keyId);
      return record.ok ? ok(shown(record.value, call)) : record;
    },
  });

  const change = operation({
    ...{ method: 'PATCH', path: one, tag, operationId: `change${of}Key`, door, params, body: patchKeyBody },
    summary: 'Changes a key',
    description:
      'What is taken away is gone everywhere at `effective_by`. What is added is there with the first request that follows the end of a lease.',
    headers: { 'If-Match': 'The entity-tag of the key that was read: changed since is 412' },
    answers: {
      200: { description: 'The key as it is now', body: REVOKED_KEY, headers: WITH_ETAG },
    },
    refusals: [
      ...(['not_found', 'scope_not_grantable', 'owner_suspended', 'precondition_failed'] as const),
      ...(['conflict', 'client_refused'] as const),
    ],
    handle: async ({ who, params: { key_id: keyId }, body, request, call }) => {
      const revision = revisionAsked(request.headers);
      if (!revision.ok) return revision;
      const changed = await work.change(who, keyId, body, revision.value);
      return changed.ok ? ok(shownEnded(ports, changed.value, call)) : changed;
    },
  });

  const revoke = operation({
    ...{ method: 'DELETE', path: one, tag, operationId: `revoke${of}Key`, door, params },
    summary: 'Revokes a key',
    answers: {
      200: {
        description: 'The key, dead everywhere at `effective_by`',
        body: REVOKED_KEY,
        headers: WITH_ETAG,
      },
    },
    refusals: ['not_found', 'conflict'],
    handle: async ({ who, params: { key_id: keyId }, call }) => {
      const revoked = await work.revoke(who, keyId);
      return revoked.ok ? ok(shownEnded(ports, revoked.value, call)) : revoked;
    },
  });

  const rotate = operation({
    ...{ method: 'POST', path: `${one}/rotate` as const, tag, operationId: `rotate${of}Key` },
    ...{ door: freshDoor, params, body: rotateKeyBody },
    summary: 'Gives a key a new secret',
    description:
      'Both secrets are good until the rotation is finished, at the latest by itself at `finishes_at`.',
    headers: IDEMPOTENCY_KEY,
    answers: {
      200: { description: 'The key with its new secret, whole', body: ROTATED_KEY, headers: WITH_ETAG },
    },
    refusals: [
      ...(['not_found', 'owner_suspended', 'already_rotating', 'made_elsewhere', 'conflict'] as const),
      ...(['client_refused', ...REPEATS] as const),
    ],
    handle: async ({ who, params: { key_id: keyId }, body, request, call }) => {
      const idempotency = await idempotencyOf(request, who, body);
      if (!idempotency.ok) return idempotency;
      const rotated = await work.rotate(who, keyId, body, idempotency.value);
      if (!rotated.ok) return rotated;
      const { record, key } = rotated.value;
      const endsBy = record.rotation === null ? effectiveBy(ports) : null;
      return ok(shown(record, call, 200, { key, effective_by: endsBy }, PRAGMA));
    },
  });

  const end = <const V extends 'finish' | 'cancel'>(verb: V, summary: string) =>
    operation({
      ...{
        method: 'POST',
        path: `${one}/rotate/${verb}` as const,
        tag,
        operationId: `${verb}${of}KeyRotation`,
      },
      ...{ door, params, summary },
      answers: { 200: { description: 'The key as it is now', body: REVOKED_KEY, headers: WITH_ETAG } },
      refusals: ['not_found', 'not_rotating'],
      handle: async ({ who, params: { key_id: keyId }, call }) => {
        const ended = await work.endRotation(who, keyId, verb);
        return ended.ok ? ok(shownEnded(ports, ended.value, call)) : ended;
      },
    });

  return [
    ...([create, list, get, change, revoke, rotate] as const),
    end('finish', 'Ends the old secret of a rotation now'),
    end('cancel', 'Ends the new secret of a rotation: the old one stays'),
  ] as const;
};

const REPEATS = ['idempotency_key_reused', 'idempotency_key_in_use'] as const;

/** A key as it is now; the whole one is in no answer but those that make it or its new secret. */
const shown = (
  record: KeyRecord,
  { requestId }: Call,
  status = 200,
  more: object = {},
  headers: Readonly<Record<string, string>> = {},
): Response =>
  json({ ...keyObject(record), ...more }, status, requestId, {
    etag: entityTag(record.revision),
    ...headers,
  });

const shownEnded = (ports: DeskPorts, record: KeyRecord, call: Call): Response =>
  shown(record, call, 200, { effective_by: effectiveBy(ports) });

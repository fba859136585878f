import * as z from 'zod';
import { json } from '../http/answer.ts';
import type { Limit } from '../model/lease-wire.ts';
import type { KeyRecord } from '../model/life.ts';
import { keyObject } from '../model/objects.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import { isReservedScope } from '../model/scope.ts';
import { invalid } from './body.ts';
import type { Subject } from './doors.ts';
import { effectiveBy } from './effective-by.ts';
import { entityTag, revisionAsked } from './entity-tag.ts';
import { idempotencyOf } from './idempotency.ts';
import { readKeyPosition, writeKeyPosition } from './key-position.ts';
import { ISSUED_KEY, KEY, KEY_ID, pageOf, REVOKED_KEY, ROTATED_KEY } from './objects.ts';
import { operation } from './operation.ts';
import { ownRing } from './own-ring.ts';
import { nextCursor, pageBegins } from './paging.ts';
import type { Place } from './place.ts';
import type { Call, DeskPorts } from './ports.ts';
import { createKeyBody, listKeysQuery, patchKeyBody, rotateKeyBody } from './schemas.ts';

const WITH_ETAG = { ETag: 'The revision of the key, for If-Match' };
const IDEMPOTENCY_KEY = {
  'Idempotency-Key':
    'Makes a repeat harmless for a day: the same answer, with `key: null` in the place of the secret',
};

/** Everything that can be done with keys, wherever they are served. */
export const keyOperations = <P extends string>(ports: DeskPorts, place: Place<P>) => {
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
      const beyond = notGrantable(who, body.scopes);
      if (beyond.length > 0) return err({ reason: 'scope_not_grantable', scopes: beyond });
      const end = endOf(ports, body.expires_at);
      if (!end.ok) return end;
      const limit = limitOf(ports, body.limit);
      if (!limit.ok) return limit;
      const idempotency = await idempotencyOf(request, who, body);
      if (!idempotency.ok) return idempotency;
      const ring = await ports.ringOf(who.owner);
      const issued = await ring.issue({
        ...{ owner: who.owner, createdBy: who.createdBy, author: who.author, idempotency: idempotency.value },
        ...{ name: body.name, description: body.description, scopes: body.scopes, expiresAt: end.value },
        ...{ limit: limit.value, ipAllowlist: body.ip_allowlist },
      });
      if (!issued.ok) return issued;
      const { record, key } = issued.value;
      const location = `${path}/${record.keyId}`.replace('{user_id}', who.owner.id);
      return ok(shown(record, call, 201, { key }, { location }));
    },
  });

  const list = operation({
    ...{ method: 'GET', path, tag, operationId: `list${of}Keys`, door, query: listKeysQuery },
    summary: 'Lists keys, newest first',
    answers: { 200: { description: 'A page of keys', body: pageOf(KEY) } },
    handle: async ({ who, query, call }) => {
      const { status, limit, cursor } = query;
      const { owner } = who;
      const ring = await ports.ringOf(owner);
      const binding = { ring: ring.name, list: `keys:${status}` };
      const after = await pageBegins(ports, binding, cursor, readKeyPosition);
      if (!after.ok) return after;
      const page = await ring.list({
        ...{ owner, limit, after: after.value, status: status === 'all' ? null : status },
      });
      if (!page.ok) return page;
      const { records, next } = page.value;
      const position = next === null ? null : writeKeyPosition(next);
      const body = {
        data: records.map(keyObject),
        next_cursor: await nextCursor(ports, binding, position),
      };
      return ok(json(body, 200, call.requestId));
    },
  });

  const get = operation({
    ...{ method: 'GET', path: one, tag, operationId: `get${of}Key`, door, params },
    summary: 'Shows a key',
    answers: { 200: { description: 'The key', body: KEY, headers: WITH_ETAG } },
    refusals: ['not_found'],
    handle: async ({ who, params: { key_id: keyId }, call }) => {
      const ring = await ownRing(ports, who, keyId);
      if (!ring.ok) return ring;
      const record = await ring.value.get(who.owner, keyId);
      if (!record.ok) return record;
      return record.value === null ? err({ reason: 'not_found' }) : ok(shown(record.value, call));
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
      if (Object.keys(body).length === 0) return invalid([{ pointer: '', detail: 'must change something' }]);
      const ring = await ownRing(ports, who, keyId);
      if (!ring.ok) return ring;
      const { owner, author } = who;
      const revision = revisionAsked(request.headers);
      if (!revision.ok) return revision;
      if (body.scopes !== undefined) {
        const held = await ring.value.get(owner, keyId);
        if (!held.ok) return held;
        // What the key has, it may keep; what is added must be the caller's to give.
        const added = body.scopes.filter((scope) => !(held.value?.scopes ?? []).includes(scope));
        const beyond = notGrantable(who, added);
        if (beyond.length > 0) return err({ reason: 'scope_not_grantable', scopes: beyond });
      }
      const end = endOf(ports, body.expires_at ?? null);
      if (!end.ok) return end;
      const ownLimit = limitOf(ports, body.limit ?? null);
      if (!ownLimit.ok) return ownLimit;
      const { name, description, scopes, limit, ip_allowlist: ipAllowlist } = body;
      const patch = {
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        ...(scopes === undefined ? {} : { scopes }),
        ...(limit === undefined ? {} : { limit: ownLimit.value }),
        ...(body.expires_at === undefined ? {} : { expiresAt: end.value }),
        ...(ipAllowlist === undefined ? {} : { ipAllowlist }),
      };
      const changed = await ring.value.change({ owner, keyId, patch, revision: revision.value, author });
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
    refusals: ['not_found'],
    handle: async ({ who, params: { key_id: keyId }, call }) => {
      const ring = await ownRing(ports, who, keyId);
      if (!ring.ok) return ring;
      const revoked = await ring.value.revoke(who.owner, keyId, who.author);
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
      const ring = await ownRing(ports, who, keyId);
      if (!ring.ok) return ring;
      const idempotency = await idempotencyOf(request, who, body);
      if (!idempotency.ok) return idempotency;
      const { owner, author } = who;
      const overlapSeconds = body.overlap_seconds;
      const rotated = await ring.value.rotate({
        ...{ owner, keyId, overlapSeconds, author, idempotency: idempotency.value },
      });
      if (!rotated.ok) return rotated;
      const { record, key } = rotated.value;
      const endsBy = record.rotation === null ? effectiveBy(ports) : null;
      return ok(shown(record, call, 200, { key, effective_by: endsBy }));
    },
  });

  const end = <const V extends 'finish' | 'cancel'>(
    verb: V,
    method: 'finishRotation' | 'cancelRotation',
    summary: string,
  ) =>
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
        const ring = await ownRing(ports, who, keyId);
        if (!ring.ok) return ring;
        const ended = await ring.value[method](who.owner, keyId, who.author);
        return ended.ok ? ok(shownEnded(ports, ended.value, call)) : ended;
      },
    });

  return [
    ...([create, list, get, change, revoke, rotate] as const),
    end('finish', 'finishRotation', 'Ends the old secret of a rotation now'),
    end('cancel', 'cancelRotation', 'Ends the new secret of a rotation: the old one stays'),
  ] as const;
};

const REPEATS = ['idempotency_key_reused', 'idempotency_key_in_use'] as const;

const notGrantable = ({ grantable }: Subject, scopes: readonly string[]): readonly string[] =>
  scopes.filter((scope) => isReservedScope(scope) || !grantable.includes(scope));

/** An end that lies ahead. */
const endOf = (ports: DeskPorts, text: string | null): Result<number | null> => {
  if (text === null) return ok(null);
  const at = Date.parse(text);
  return at > ports.now() ? ok(at) : invalid([{ pointer: '/expires_at', detail: 'must be in the future' }]);
};

/** A limit under which every route can be asked for. */
const limitOf = (
  { largestCost }: DeskPorts,
  limit: { readonly requests: number; readonly per_seconds: number } | null,
): Result<Limit | null> => {
  if (limit === null) return ok(null);
  if (limit.requests < largestCost) {
    const detail = `must be at least ${largestCost}, which the dearest route costs`;
    return invalid([{ pointer: '/limit/requests', detail }]);
  }
  return ok({ requests: limit.requests, perSeconds: limit.per_seconds });
};

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

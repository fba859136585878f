import * as z from 'zod';
import { json } from '../http/answer.ts';
import type { IssuedKey, KeyRecord } from '../model/life.ts';
import { keyObject } from '../model/objects.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import { isReservedScope } from '../model/scope.ts';
import { invalid } from './body.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { Door, Subject } from './doors.ts';
import { effectiveBy } from './effective-by.ts';
import { entityTag, revisionAsked } from './entity-tag.ts';
import { idempotencyOf } from './idempotency.ts';
import { ISSUED_KEY, KEY, pageOf, REVOKED_KEY } from './objects.ts';
import { type Operation, operation } from './operation.ts';
import type { Call, DeskPorts } from './ports.ts';
import { createKeyBody, listKeysQuery, patchKeyBody, rotateKeyBody } from './schemas.ts';

/** Where a set of keys is served, and who may come in there. */
export interface Place {
  /** `/v1/keys` */
  readonly path: string;
  /** What its operation ids and its tag are made of. */
  readonly tag: string;
  readonly idOf: (verb: string) => string;
  readonly door: Door<Subject>;
  /** For what outlives the session that does it: a key that is made or rotated. */
  readonly freshDoor: Door<Subject>;
}

const WITH_ETAG = { etag: 'The revision of the key, for If-Match' };
const IDEMPOTENCY_KEY = {
  'idempotency-key':
    'Makes a repeat harmless for a day: the same answer, with `key: null` in the place of the secret',
};

/** Everything that can be done with keys, wherever they are served. */
export const keyOperations = (ports: DeskPorts, place: Place): readonly Operation[] => {
  const { path, tag, idOf, door, freshDoor } = place;
  const one = `${path}/{key_id}`;
  const params = z.object({ key_id: z.string().max(256), user_id: z.string().optional() });

  /** Another owner's key is answered like one that never was, and without asking anybody. */
  const ringOf = async ({ owner }: Subject, keyId: string) =>
    (await ports.isOwn(owner, keyId)) ? ok(await ports.ringOf(owner)) : err({ reason: 'not_found' } as const);

  const create = operation({
    ...{ method: 'POST', path, tag, operationId: idOf('create'), door: freshDoor, body: createKeyBody },
    summary: 'Makes a key',
    description: 'The whole key is in this one answer, and never again.',
    headers: IDEMPOTENCY_KEY,
    answers: {
      201: {
        description: 'The key, whole',
        body: ISSUED_KEY,
        headers: { ...WITH_ETAG, location: 'The key' },
      },
    },
    refusals: ['scope_not_grantable', 'owner_suspended', 'key_limit_reached', 'client_refused', ...REPEATS],
    handle: async ({ who, body, request, call }) => {
      const beyond = notGrantable(who, body.scopes);
      if (beyond.length > 0) return err({ reason: 'scope_not_grantable', scopes: beyond });
      const end = endOf(ports, body.expires_at);
      if (!end.ok) return end;
      const idempotency = await idempotencyOf(request, who, body);
      if (!idempotency.ok) return idempotency;
      const ring = await ports.ringOf(who.owner);
      const issued = await ring.issue({
        ...{ owner: who.owner, createdBy: who.createdBy, author: who.author, idempotency: idempotency.value },
        ...{ name: body.name, description: body.description, scopes: body.scopes, expiresAt: end.value },
        ...{ limit: limitOf(body.limit), ipAllowlist: body.ip_allowlist },
      });
      return issued.ok ? ok(shownWhole(issued.value, 201, call, `${path}/`, who)) : issued;
    },
  });

  const list = operation({
    ...{ method: 'GET', path, tag, operationId: idOf('list'), door, query: listKeysQuery },
    summary: 'Lists keys, newest first',
    answers: { 200: { description: 'A page of keys', body: pageOf(KEY) } },
    handle: async ({ who, query, call }) => {
      const { status, limit, cursor } = query;
      const after = cursor === undefined ? null : readCursor(cursor);
      if (cursor !== undefined && after === null)
        return invalid([{ pointer: '/cursor', detail: 'is no cursor of ours' }]);
      const { owner } = who;
      const ring = await ports.ringOf(owner);
      const page = await ring.list({ owner, status: status === 'all' ? null : status, limit, after });
      if (!page.ok) return page;
      const { records, next } = page.value;
      const body = { data: records.map(keyObject), next_cursor: writeCursor(next) };
      return ok(json(body, 200, call.requestId));
    },
  });

  const get = operation({
    ...{ method: 'GET', path: one, tag, operationId: idOf('get'), door, params },
    summary: 'Shows a key',
    answers: { 200: { description: 'The key', body: KEY, headers: WITH_ETAG } },
    refusals: ['not_found'],
    handle: async ({ who, params: { key_id: keyId }, call }) => {
      const ring = await ringOf(who, keyId);
      if (!ring.ok) return ring;
      const record = await ring.value.get(who.owner, keyId);
      if (!record.ok) return record;
      return record.value === null ? err({ reason: 'not_found' }) : ok(shown(record.value, call));
    },
  });

  const change = operation({
    ...{ method: 'PATCH', path: one, tag, operationId: idOf('change'), door, params, body: patchKeyBody },
    summary: 'Changes a key',
    description:
      'What is taken away is gone everywhere at `effective_by`. What is added is there with the first request that follows the end of a lease.',
    headers: { 'if-match': 'The entity-tag of the key that was read: changed since is 412' },
    answers: {
      200: { description: 'The key as it is now', body: REVOKED_KEY, headers: WITH_ETAG },
    },
    refusals: [
      ...(['not_found', 'scope_not_grantable', 'owner_suspended', 'precondition_failed'] as const),
      ...(['conflict', 'client_refused'] as const),
    ],
    handle: async ({ who, params: { key_id: keyId }, body, request, call }) => {
      const ring = await ringOf(who, keyId);
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
      const { name, description, scopes, limit, ip_allowlist: ipAllowlist } = body;
      const patch = {
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        ...(scopes === undefined ? {} : { scopes }),
        ...(limit === undefined ? {} : { limit: limitOf(limit) }),
        ...(body.expires_at === undefined ? {} : { expiresAt: end.value }),
        ...(ipAllowlist === undefined ? {} : { ipAllowlist }),
      };
      const changed = await ring.value.change({ owner, keyId, patch, revision: revision.value, author });
      return changed.ok ? ok(shownEnded(ports, changed.value, call)) : changed;
    },
  });

  const revoke = operation({
    ...{ method: 'DELETE', path: one, tag, operationId: idOf('revoke'), door, params },
    summary: 'Revokes a key',
    answers: { 200: { description: 'The key, dead everywhere at `effective_by`', body: REVOKED_KEY } },
    refusals: ['not_found'],
    handle: async ({ who, params: { key_id: keyId }, call }) => {
      const ring = await ringOf(who, keyId);
      if (!ring.ok) return ring;
      const revoked = await ring.value.revoke(who.owner, keyId, who.author);
      return revoked.ok ? ok(shownEnded(ports, revoked.value, call)) : revoked;
    },
  });

  const rotate = operation({
    ...{ method: 'POST', path: `${one}/rotate`, tag, operationId: idOf('rotate') },
    ...{ door: freshDoor, params, body: rotateKeyBody },
    summary: 'Gives a key a new secret',
    description:
      'Both secrets are good until the rotation is finished, at the latest by itself at `finishes_at`.',
    headers: IDEMPOTENCY_KEY,
    answers: {
      200: { description: 'The key with its new secret, whole', body: ISSUED_KEY, headers: WITH_ETAG },
    },
    refusals: [
      ...(['not_found', 'owner_suspended', 'already_rotating', 'made_elsewhere', 'conflict'] as const),
      ...(['client_refused', ...REPEATS] as const),
    ],
    handle: async ({ who, params: { key_id: keyId }, body, request, call }) => {
      const ring = await ringOf(who, keyId);
      if (!ring.ok) return ring;
      const idempotency = await idempotencyOf(request, who, body);
      if (!idempotency.ok) return idempotency;
      const { owner, author } = who;
      const overlapSeconds = body.overlap_seconds;
      const rotated = await ring.value.rotate({
        ...{ owner, keyId, overlapSeconds, author, idempotency: idempotency.value },
      });
      return rotated.ok ? ok(shownWhole(rotated.value, 200, call, `${path}/`, who)) : rotated;
    },
  });

  const end = (verb: 'finish' | 'cancel', method: 'finishRotation' | 'cancelRotation', summary: string) =>
    operation({
      ...{ method: 'POST', path: `${one}/rotate/${verb}`, tag, operationId: idOf(`${verb}Rotation`) },
      ...{ door, params, summary },
      answers: { 200: { description: 'The key as it is now', body: REVOKED_KEY, headers: WITH_ETAG } },
      refusals: ['not_found', 'not_rotating'],
      handle: async ({ who, params: { key_id: keyId }, call }) => {
        const ring = await ringOf(who, keyId);
        if (!ring.ok) return ring;
        const ended = await ring.value[method](who.owner, keyId, who.author);
        return ended.ok ? ok(shownEnded(ports, ended.value, call)) : ended;
      },
    });

  return [
    ...[create, list, get, change, revoke, rotate],
    end('finish', 'finishRotation', 'Ends the old secret of a rotation now'),
    end('cancel', 'cancelRotation', 'Ends the new secret of a rotation: the old one stays'),
  ];
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

const limitOf = (limit: { readonly requests: number; readonly per_seconds: number } | null) =>
  limit === null ? null : { requests: limit.requests, perSeconds: limit.per_seconds };

const shown = (record: KeyRecord, { requestId }: Call): Response =>
  json(keyObject(record), 200, requestId, { etag: entityTag(record.revision) });

/** The one answer with a whole key in it. */
const shownWhole = (
  { record, key }: IssuedKey,
  status: number,
  { requestId }: Call,
  path: string,
  { owner }: Subject,
): Response =>
  json({ ...keyObject(record), key }, status, requestId, {
    etag: entityTag(record.revision),
    ...(status === 201 ? { location: `${path.replace('{user_id}', owner.id)}${record.keyId}` } : {}),
  });

const shownEnded = (ports: DeskPorts, record: KeyRecord, { requestId }: Call): Response => {
  const body = { ...keyObject(record), effective_by: effectiveBy(ports) };
  return json(body, 200, requestId, { etag: entityTag(record.revision) });
};

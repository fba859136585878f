import type { KeysPage } from '../../model/keys.ts';
import type { Limit } from '../../model/lease-wire.ts';
import type { Idempotency, IssuedKey, KeyRecord } from '../../model/life.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import { isReservedScope } from '../../model/scope.ts';
import type { Subject } from '../../model/subject.ts';
import type * as z from '../../model/zod.ts';
import { invalid } from '../body.ts';
import { readKeyPosition, writeKeyPosition } from '../key-position.ts';
import { nextCursor, pageBegins } from '../paging.ts';
import type { DeskPorts } from '../ports.ts';
import type { createKeyBody, listKeysQuery, patchKeyBody, rotateKeyBody } from '../schemas.ts';
import { ownRing } from './own-ring.ts';

/** What is done with keys, whoever asks for it and however he is answered. What is asked is checked by its schema. */
export const createKeyWork = (ports: DeskPorts) => {
  const at = async <T>(
    who: Subject,
    keyId: string,
    work: (ring: Awaited<ReturnType<DeskPorts['ringOf']>>) => Promise<Result<T>>,
  ): Promise<Result<T>> => {
    const ring = await ownRing(ports, who, keyId);
    return ring.ok ? work(ring.value) : ring;
  };

  const create = async (
    who: Subject,
    asked: z.output<typeof createKeyBody>,
    idempotency: Idempotency | null,
  ): Promise<Result<IssuedKey>> => {
    const beyond = notGrantable(who, asked.scopes);
    if (beyond.length > 0) return err({ reason: 'scope_not_grantable', scopes: beyond });
    const end = endOf(ports, asked.expires_at);
    if (!end.ok) return end;
    const limit = limitOf(ports, asked.limit);
    if (!limit.ok) return limit;
    const { owner, createdBy, author } = who;
    const ring = await ports.ringOf(owner);
    return ring.issue({
      ...{ owner, createdBy, author, idempotency },
      ...{ name: asked.name, description: asked.description, scopes: asked.scopes, expiresAt: end.value },
      ...{ limit: limit.value, ipAllowlist: asked.ip_allowlist },
    });
  };

  const list = async (
    { owner }: Subject,
    { limit, cursor, ...wish }: z.output<typeof listKeysQuery>,
  ): Promise<Result<KeysPage>> => {
    const ring = await ports.ringOf(owner);
    const { status, search, scope, sort } = wish;
    const binding = { ring: ring.name, list: `keys:${JSON.stringify([status, search, scope, sort])}` };
    const after = await pageBegins(ports, binding, cursor, readKeyPosition);
    if (!after.ok) return after;
    const page = await ring.list({
      ...{ owner, limit, after: after.value, status: status === 'all' ? null : status, sort },
      ...{ search: search || null, scope: scope || null },
    });
    if (!page.ok) return page;
    const { records, next } = page.value;
    const position = next === null ? null : writeKeyPosition(next);
    return ok({ records, cursor: await nextCursor(ports, binding, position) });
  };

  const get = (who: Subject, keyId: string): Promise<Result<KeyRecord>> =>
    at(who, keyId, async (ring) => {
      const record = await ring.get(who.owner, keyId);
      if (!record.ok) return record;
      return record.value === null ? err({ reason: 'not_found' }) : ok(record.value);
    });

  const change = (
    who: Subject,
    keyId: string,
    asked: z.output<typeof patchKeyBody>,
    revision: number | null,
  ): Promise<Result<KeyRecord>> =>
    at(who, keyId, async (ring) => {
      if (Object.keys(asked).length === 0) return invalid([{ pointer: '', detail: 'must change something' }]);
      const { owner, author } = who;
      if (asked.scopes !== undefined) {
        const held = await ring.get(owner, keyId);
        if (!held.ok) return held;
        // What the key has, it may keep; what is added must be the caller's to give.
        const added = asked.scopes.filter((scope) => !(held.value?.scopes ?? []).includes(scope));
        const beyond = notGrantable(who, added);
        if (beyond.length > 0) return err({ reason: 'scope_not_grantable', scopes: beyond });
      }
      const end = endOf(ports, asked.expires_at ?? null);
      if (!end.ok) return end;
      const ownLimit = limitOf(ports, asked.limit ?? null);
      if (!ownLimit.ok) return ownLimit;
      const { name, description, scopes, limit, ip_allowlist: ipAllowlist } = asked;
      const patch = {
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        ...(scopes === undefined ? {} : { scopes }),
        ...(limit === undefined ? {} : { limit: ownLimit.value }),
        ...(asked.expires_at === undefined ? {} : { expiresAt: end.value }),
        ...(ipAllowlist === undefined ? {} : { ipAllowlist }),
      };
      return ring.change({ owner, keyId, patch, revision, author });
    });

  const revoke = (who: Subject, keyId: string): Promise<Result<KeyRecord>> =>
    at(who, keyId, (ring) => ring.revoke(who.owner, keyId, who.author));

  const rotate = (
    who: Subject,
    keyId: string,
    { overlap_seconds: overlapSeconds }: z.output<typeof rotateKeyBody>,
    idempotency: Idempotency | null,
  ): Promise<Result<IssuedKey>> =>
    at(who, keyId, (ring) => {
      const { owner, author } = who;
      return ring.rotate({ owner, keyId, overlapSeconds, author, idempotency });
    });

  /** Ends the old secret of a rotation, or takes it back by ending the new one. */
  const endRotation = (who: Subject, keyId: string, verb: 'finish' | 'cancel'): Promise<Result<KeyRecord>> =>
    at(who, keyId, (ring) => ring[`${verb}Rotation`](who.owner, keyId, who.author));

  return { create, list, get, change, revoke, rotate, endRotation };
};

export type KeyWork = ReturnType<typeof createKeyWork>;

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

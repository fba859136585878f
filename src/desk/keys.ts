import type { Context } from 'hono';
import { json } from '../http/answer.ts';
import type { Owner } from '../model/identity.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import { isReservedScope } from '../model/scope.ts';
import { fieldErrors, invalid, readBody } from './body.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { keyObject } from './key-object.ts';
import { readKeyPosition, writeKeyPosition } from './key-position.ts';
import { type Call, callerOf, type DeskPorts, type Endpoint } from './ports.ts';
import { createKeyBody, listKeysQuery } from './schemas.ts';

/** A signed-in owner and what his roles let him grant. */
interface SignedIn {
  readonly owner: Owner;
  readonly grantable: readonly string[];
}

/** The endpoints of a signed-in user's own keys. Keys cannot make keys: nothing but a session gets in. */
export const keyEndpoints = (ports: DeskPorts) => {
  const signedIn = async (
    context: Context,
    call: Call,
    maxAuthAgeSeconds: number | null = null,
  ): Promise<Result<SignedIn>> => {
    const caller = await callerOf(ports, context, call, { kinds: ['session'], maxAuthAgeSeconds });
    if (!caller.ok) return caller;
    const { session } = caller.value;
    return session === null
      ? err({ reason: 'credential_kind_not_allowed', allowed: ['session'] })
      : ok({ owner: session.owner, grantable: ports.grantable(session.roles) });
  };

  const create: Endpoint = async (context, call) => {
    // A key outlives the session that made it: this alone may ask that somebody has just signed in.
    const caller = await signedIn(context, call, ports.maxAuthAgeSeconds);
    if (!caller.ok) return caller;
    const body = await readBody(context.req.raw, createKeyBody);
    if (!body.ok) return body;
    const { owner, grantable } = caller.value;
    const { name, description, scopes, expires_at } = body.value;
    const beyond = scopes.filter((scope) => isReservedScope(scope) || !grantable.includes(scope));
    if (beyond.length > 0) return err({ reason: 'scope_not_grantable', scopes: beyond });
    const expiresAt = expires_at === null ? null : Date.parse(expires_at);
    if (expiresAt !== null && expiresAt <= ports.now()) {
      return invalid([{ pointer: '/expires_at', detail: 'must be in the future' }]);
    }
    const ring = await ports.ringOf(owner);
    const issued = await ring.issue({
      owner,
      createdBy: owner.id,
      name,
      description,
      scopes,
      expiresAt,
      limit: null,
    });
    if (!issued.ok) return issued;
    const { record, key } = issued.value;
    const headers = { location: `/v1/keys/${record.keyId}` };
    return ok(json({ ...keyObject(record), key }, 201, call.requestId, headers));
  };

  const list: Endpoint = async (context, call) => {
    const caller = await signedIn(context, call);
    if (!caller.ok) return caller;
    const query = listKeysQuery.safeParse(context.req.query());
    if (!query.success) return invalid(fieldErrors(query.error));
    const { status, limit, cursor } = query.data;
    const { owner } = caller.value;
    const ring = await ports.ringOf(owner);
    const binding = { ring: ring.name, list: `keys:${status}` };
    const { current, all } = await ports.keychain();
    const keys = all.map(({ cursorKey }) => cursorKey);
    const position = cursor === undefined ? null : await readCursor(keys, binding, cursor);
    const after = position === null ? null : readKeyPosition(position);
    if (cursor !== undefined && after === null)
      return invalid([{ pointer: '/cursor', detail: 'is no cursor of ours' }]);
    const page = await ring.list({ owner, status: status === 'all' ? null : status, limit, after });
    if (!page.ok) return page;
    const { records, next } = page.value;
    const nextCursor =
      next === null ? null : await writeCursor(current.cursorKey, binding, writeKeyPosition(next));
    return ok(json({ data: records.map(keyObject), next_cursor: nextCursor }, 200, call.requestId));
  };

  const get: Endpoint = async (context, call) => {
    const caller = await signedIn(context, call);
    if (!caller.ok) return caller;
    const { owner } = caller.value;
    const keyId = context.req.param('key_id') ?? '';
    // Another owner's key is answered like one that never was, and without asking anybody.
    if (!(await ports.isOwn(owner, keyId))) return err({ reason: 'not_found' });
    const record = await (await ports.ringOf(owner)).get(owner, keyId);
    if (!record.ok) return record;
    return record.value === null
      ? err({ reason: 'not_found' })
      : ok(json(keyObject(record.value), 200, call.requestId));
  };

  const revoke: Endpoint = async (context, call) => {
    const caller = await signedIn(context, call);
    if (!caller.ok) return caller;
    const { owner } = caller.value;
    const keyId = context.req.param('key_id') ?? '';
    if (!(await ports.isOwn(owner, keyId))) return err({ reason: 'not_found' });
    const revoked = await (await ports.ringOf(owner)).revoke(owner, keyId);
    if (!revoked.ok) return revoked;
    // Counted from the Ring's answer: no lease is older, so none outlives it.
    const effectiveBy = new Date(ports.now() + ports.largestLeaseSeconds * 1000).toISOString();
    return ok(json({ ...keyObject(revoked.value), effective_by: effectiveBy }, 200, call.requestId));
  };

  return { create, list, get, revoke };
};

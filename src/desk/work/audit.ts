import type { TrailPage } from '../../model/keys.ts';
import { ok, type Result } from '../../model/refusal.ts';
import type { Subject } from '../../model/subject.ts';
import type * as z from '../../model/zod.ts';
import { nextCursor, pageBegins } from '../paging.ts';
import type { DeskPorts } from '../ports.ts';
import type { auditQuery } from '../schemas.ts';

/** What was done: who did what to which key, from where, by which credential. */
export const createAuditWork =
  (ports: DeskPorts) =>
  async ({ owner }: Subject, query: z.output<typeof auditQuery>): Promise<Result<TrailPage>> => {
    const { key_id: keyId = null, action = null, actor_id: actorId = null, limit, cursor } = query;
    const [from, to] = [millis(query.from), millis(query.to)];
    const ring = await ports.ringOf(owner);
    const list = `audit:${JSON.stringify([keyId, action, actorId, from, to])}`;
    const binding = { ring: ring.name, list };
    const before = await pageBegins(ports, binding, cursor, readPosition);
    if (!before.ok) return before;
    const page = await ring.audit({
      ...{ owner, keyId, action, actorId, from, to, limit, before: before.value },
    });
    if (!page.ok) return page;
    const { entries, next } = page.value;
    const position = next === null ? null : String(next);
    return ok({ entries, cursor: await nextCursor(ports, binding, position) });
  };

export type AuditWork = ReturnType<typeof createAuditWork>;

const millis = (text: string | undefined): number | null => (text === undefined ? null : Date.parse(text));

const readPosition = (text: string): number | null => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : null);

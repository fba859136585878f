import { json } from '../http/answer.ts';
import { auditObject } from '../model/audit-wire.ts';
import { ok } from '../model/refusal.ts';
import { AUDIT_ENTRY, AUDIT_HEAD, pageOf } from './objects.ts';
import { operation } from './operation.ts';
import type { Place } from './place.ts';
import type { DeskPorts } from './ports.ts';
import { auditQuery } from './schemas.ts';
import type { AuditWork } from './work/audit.ts';

/** What was done: who did what to which key, from where, by which credential. */
export const auditOperations = <P extends string>(ports: DeskPorts, work: AuditWork, place: Place<P>) => {
  const { base, tag, of, door } = place;

  const list = operation({
    ...{ method: 'GET', path: `${base}/audit` as const, tag, door, query: auditQuery },
    operationId: `list${of}Audit`,
    summary: 'Lists what was done, newest first',
    description:
      'Rows are only ever added, each chained to the one before it by an HMAC under a key that the operator alone has.',
    answers: { 200: { description: 'A page of rows', body: pageOf(AUDIT_ENTRY) } },
    handle: async ({ who, query, call }) => {
      const page = await work(who, query);
      if (!page.ok) return page;
      const { entries, cursor } = page.value;
      const body = { data: entries.map(auditObject), next_cursor: cursor };
      return ok(json(body, 200, call.requestId));
    },
  });

  const head = operation({
    ...{ method: 'GET', path: `${base}/audit/head` as const, tag, door, operationId: `get${of}AuditHead` },
    summary: 'Shows the end of the trail, signed',
    description:
      'Who keeps it elsewhere can tell later that no row up to it was altered or taken out. `signed` is a JWS (RFC 7515) with the claims `iss`, `iat`, `ring`, `seq` and `mac`, to be checked with `/.well-known/jwks.json`.',
    answers: { 200: { description: 'The last row by its number and its mac', body: AUDIT_HEAD } },
    handle: async ({ who: { owner }, call }) => {
      const ring = await ports.ringOf(owner);
      const read = await ring.auditHead(owner);
      if (!read.ok) return read;
      const now = ports.now();
      const signed = await ports.signHead(read.value, now);
      const { ring: name, seq, mac } = read.value;
      const body = { ring: name, seq, mac, at: new Date(now).toISOString(), signed };
      return ok(json(body, 200, call.requestId));
    },
  });

  return [list, head] as const;
};

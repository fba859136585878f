import { ok } from '../../model/refusal.ts';
import type { Entered } from '../entrance.ts';
import { AuditPage } from '../pages/audit.tsx';
import type { Serve } from '../ports.ts';
import type { VisitParts } from './parts.ts';

/** How many rows a page has. */
const PAGE = 50;

/** How many keys can be chosen from, and have a name in the rows. */
const NAMES = 100;

/** The trail of what was done. */
export const createAuditVisits = ({ ports, press }: VisitParts) => {
  const list = async ({ visit, session, who, paths, frame }: Entered): ReturnType<Serve> => {
    const query = new URL(visit.request.url).searchParams;
    const filter = { key_id: query.get('key_id') ?? '', action: query.get('action') ?? '' };
    const asked = {
      key_id: filter.key_id === '' ? undefined : filter.key_id,
      action: filter.action === '' ? undefined : filter.action,
      ...{ cursor: query.get('cursor') ?? undefined, limit: PAGE },
    };
    const [trail, keys] = await Promise.all([
      ports.keys.audit(who, asked),
      ports.keys.list(who, { status: 'all', limit: NAMES }),
    ]);
    if (!trail.ok) return trail;
    if (!keys.ok) return keys;
    const names = new Map(keys.value.records.map(({ keyId, name }) => [keyId, name]));
    const isFiltered = filter.key_id !== '' || filter.action !== '' || asked.cursor !== undefined;
    const { entries, cursor } = trail.value;
    const shown = { frame, paths, filter, isFiltered, entries, cursor, names, reader: session.owner.id };
    return ok(await press.page(<AuditPage {...shown} />, visit));
  };

  return { list };
};

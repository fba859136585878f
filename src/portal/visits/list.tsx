import { ok } from '../../model/refusal.ts';
import { curlLine } from '../curl.ts';
import type { Entered } from '../entrance.ts';
import { isOneOf } from '../is-one-of.ts';
import { type ListFilter, ListPage } from '../pages/list.tsx';
import { OwnerPanel } from '../pages/owner-panel.tsx';
import { withQuery } from '../paths.ts';
import type { Serve } from '../ports.ts';
import { usageAsked } from '../usage-ranges.ts';
import { WORDS } from '../words.ts';
import { ownerShown } from './owner.tsx';
import type { VisitParts } from './parts.ts';

const { statuses, sorts } = WORDS.keys;

/** How many keys a page has. */
const PAGE = 50;

/** How a key begins, up to its id and a secret. */
const WHOLE_KEY = /^(\w+_(?:live|test)_[0-9A-Za-z]{28})_./;

/** The list of keys. */
export const createListVisits = ({ ports, press }: VisitParts) => {
  const list = async (entered: Entered): ReturnType<Serve> => {
    const { visit, who, place, paths, frame } = entered;
    const query = new URL(visit.request.url).searchParams;
    const filter = filterIn(query);
    const { search, status, scope, sort } = filter;
    // A whole key belongs in no address: its id finds it.
    const [, ofWholeKey] = WHOLE_KEY.exec(search) ?? [];
    if (ofWholeKey !== undefined)
      return ok(press.goTo(withQuery(paths.home, { ...filter, search: ofWholeKey }), visit));
    const cursor = query.get('cursor') ?? undefined;
    const asked = {
      ...(search === '' ? {} : { search }),
      ...(scope === '' ? {} : { scope }),
      ...{ status, sort, cursor, limit: PAGE },
    };
    const [page, about, standing] = await Promise.all([
      ports.keys.list(who, asked),
      ports.keys.about(who),
      ports.keys.limits(who, null),
    ]);
    if (!page.ok) return page;
    if (!about.ok) return about;
    if (!standing.ok) return standing;
    const { records, cursor: next } = page.value;
    const key_id = records.map(({ keyId }) => keyId);
    const used =
      records.length === 0
        ? ok([])
        : await ports.keys.usageOfKeys(who, { key_id, ...usageAsked('7d', frame.now) });
    if (!used.ok) return used;
    return ok(
      await press.page(
        <ListPage
          {...{ frame, place, paths, filter, records, cursor: next }}
          isSuspended={about.value.suspension !== null}
          slots={standing.value.keys}
          used={new Map(used.value.map((each) => [each.keyId, each]))}
          isFiltered={search !== '' || scope !== '' || status !== 'active' || cursor !== undefined}
          scopes={who.grantable.map((name) => ({ name, title: ports.scopeTitle(name) }))}
          example={curlLine(ports.deskUrl, `$${ports.keyVariable}`)}
        >
          {place.kind === 'user' ? <OwnerPanel {...ownerShown(entered, about.value, ports)} /> : null}
        </ListPage>,
        visit,
      ),
    );
  };

  return { list };
};

/** What the address narrows the list to; what it says that is no choice is the usual one. */
const filterIn = (query: URLSearchParams): ListFilter => {
  const [status, sort] = [query.get('status') ?? '', query.get('sort') ?? ''];
  return {
    search: (query.get('search') ?? '').trim().slice(0, 100),
    status: isOneOf(statuses, status) ? status : 'active',
    scope: query.get('scope') ?? '',
    sort: isOneOf(sorts, sort) ? sort : 'created',
  };
};

import type { Child } from 'hono/jsx';
import {
  type KeyRecord,
  type OwnerStanding,
  requestsIn,
  totalsOf,
  type UsageReport,
} from '../../model/life.ts';
import { UsageLine } from '../charts/usage-line.tsx';
import { type Frame, Layout } from '../layout.tsx';
import { type PlacePaths, withQuery } from '../paths.ts';
import type { Place } from '../place.ts';
import { RelativeTime } from '../time.tsx';
import { barsOf } from '../usage-ranges.ts';
import { WORDS } from '../words.ts';
import { Fact } from './fact.tsx';
import { Badge, isLiving, LastUse } from './key-words.tsx';

const { keys: words } = WORDS;

/** How many scopes of a key are shown in the list. */
const SCOPES_SHOWN = 4;

/** What the list is narrowed to; '' for nothing. */
export interface ListFilter {
  readonly search: string;
  readonly status: keyof typeof words.statuses;
  readonly scope: string;
  readonly sort: keyof typeof words.sorts;
}

export interface List {
  readonly frame: Frame;
  readonly place: Place;
  readonly paths: PlacePaths;
  readonly isSuspended: boolean;
  /** How many keys there can be, and are. */
  readonly slots: OwnerStanding['keys'];
  /** What each key used in seven days, by its id. */
  readonly used: ReadonlyMap<string, UsageReport>;
  readonly filter: ListFilter;
  /** Whether it is narrowed at all. */
  readonly isFiltered: boolean;
  /** Scopes to choose from. */
  readonly scopes: readonly { readonly name: string; readonly title: string }[];
  readonly records: readonly KeyRecord[];
  readonly cursor: string | null;
  readonly now: number;
  /** A request as a program makes it, with nothing secret in it: for who has no key yet. */
  readonly example: string;
}

/** Somebody's keys. */
export const ListPage = (list: List & { readonly children?: Child }) => {
  const { frame, place, paths, isSuspended, slots, isFiltered, records } = list;
  const title = words.title[place.kind];
  const isTheirs = place.kind === 'user';
  const isEmpty = records.length === 0 && !isFiltered;
  return (
    <Layout title={title} frame={frame} width="wide">
      <div class="heading">
        <h1>{title}</h1>
        <a class="button" href={paths.create}>
          {words.create}
        </a>
      </div>
      {list.children}
      {isSuspended ? <p class="note">{isTheirs ? WORDS.owner.suspendedNote : WORDS.suspended}</p> : null}
      {isEmpty ? (
        isTheirs ? (
          <p>{WORDS.owner.none}</p>
        ) : (
          <Empty example={list.example} />
        )
      ) : (
        <>
          <p class="soft">{words.count(slots.used, slots.limit)}</p>
          <Filter {...list} />
          {records.length === 0 ? <Nothing paths={paths} /> : <Rows {...list} />}
        </>
      )}
    </Layout>
  );
};

const Empty = ({ example }: Pick<List, 'example'>) => (
  <section class="empty">
    <h2>{WORDS.empty.title}</h2>
    <p>{WORDS.empty.text}</p>
    <ol>
      {WORDS.empty.steps.map((step) => (
        <li>{step}</li>
      ))}
    </ol>
    <pre tabindex={0}>
      <code>{example}</code>
    </pre>
    <p class="soft">{WORDS.empty.end}</p>
  </section>
);

const Nothing = ({ paths }: Pick<List, 'paths'>) => (
  <section class="empty">
    <h2>{words.none}</h2>
    <p>{words.noneHint}</p>
    <p>
      <a href={paths.home}>{words.clear}</a>
    </p>
  </section>
);

const Filter = ({ paths, filter, scopes }: List) => (
  <search>
    <form class="filter" method="get" action={paths.home} data-submit-on-change="">
      <label class="grow">
        {words.search}
        <input
          type="search"
          name="search"
          value={filter.search}
          maxlength={100}
          placeholder={words.searchHint}
        />
      </label>
      <Choice
        name="status"
        label={words.status}
        options={Object.entries(words.statuses)}
        chosen={filter.status}
      />
      <Choice
        name="scope"
        label={words.scope}
        options={[['', words.anyScope], ...scopes.map(({ name, title }) => [name, title] as const)]}
        chosen={filter.scope}
      />
      <Choice name="sort" label={words.sort} options={Object.entries(words.sorts)} chosen={filter.sort} />
      <button type="submit" class="quiet">
        {words.apply}
      </button>
    </form>
  </search>
);

/** A choice of a filter. */
export const Choice = ({
  name,
  label,
  options,
  chosen,
}: {
  readonly name: string;
  readonly label: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly chosen: string;
}) => (
  <div>
    <label for={`filter-${name}`}>{label}</label>
    <select id={`filter-${name}`} name={name}>
      {options.map(([value, text]) => (
        <option value={value} selected={value === chosen}>
          {text}
        </option>
      ))}
    </select>
  </div>
);

const Rows = (list: List) => {
  const { records, paths, filter, cursor } = list;
  return (
    <>
      <ul class="keys" aria-label={words.list}>
        {records.map((record) => (
          <Row record={record} list={list} />
        ))}
      </ul>
      {cursor === null ? null : (
        <p>
          <a href={withQuery(paths.home, { ...filter, cursor })}>{words.more}</a>
        </p>
      )}
    </>
  );
};

const Row = ({ record, list: { paths, used, now } }: { readonly record: KeyRecord; readonly list: List }) => {
  const { keyId, name, description, scopes, lastFour, createdAt } = record;
  return (
    <li class={isLiving(record) ? undefined : 'over'}>
      <div class="name">
        <h2>
          <a href={paths.key(keyId)}>
            <bdi>{name}</bdi>
          </a>
        </h2>
        {record.status === 'active' && record.expiresAt === null ? null : <Badge record={record} now={now} />}
        <p class="id">
          <code>{keyId}</code> <span class="soft">{WORDS.key.endsIn(lastFour)}</span>
        </p>
        {description === '' ? null : (
          <p class="soft">
            <bdi>{description}</bdi>
          </p>
        )}
        <ul class="chips">
          {scopes.slice(0, SCOPES_SHOWN).map((scope) => (
            <li>
              <code>{scope}</code>
            </li>
          ))}
          {scopes.length > SCOPES_SHOWN ? <li>{words.moreScopes(scopes.length - SCOPES_SHOWN)}</li> : null}
        </ul>
      </div>
      <dl>
        <Fact name={words.week}>
          <WeekLine used={used.get(keyId)} />
        </Fact>
        <Fact name={WORDS.use.last}>
          <LastUse record={record} now={now} />
        </Fact>
        <Fact name={words.created}>
          <RelativeTime at={createdAt} now={now} />
        </Fact>
        <RowEnd record={record} now={now} />
      </dl>
    </li>
  );
};

/** Seven days as a line, and as a number. */
const WeekLine = ({ used }: { readonly used: UsageReport | undefined }) => {
  if (used === undefined) return null;
  const requests = requestsIn(totalsOf(used.buckets));
  return (
    <>
      {requests === 0 ? null : <UsageLine {...barsOf('7d', used)} />} {words.requests(requests)}
    </>
  );
};

/** When it ends, or ended. */
const RowEnd = ({ record, now }: { readonly record: KeyRecord; readonly now: number }) => {
  const { endedAt, expiresAt } = record;
  const at = endedAt ?? expiresAt;
  return (
    <Fact name={endedAt === null ? WORDS.key.ends : WORDS.key.ended}>
      {at === null ? words.noEnd : <RelativeTime at={at} now={now} />}
    </Fact>
  );
};

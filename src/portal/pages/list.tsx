import type { Child } from 'hono/jsx';
import type { KeyRecord, OwnerStanding, UsageReport } from '../../model/life.ts';
import { type Frame, Layout } from '../layout.tsx';
import { type PlacePaths, withQuery } from '../paths.ts';
import type { Place } from '../place.ts';
import { WORDS } from '../words.ts';
import { Choice } from './choice.tsx';
import { KeyRow } from './key-row.tsx';

const { keys: words } = WORDS;

/** What the list is narrowed to; '' for nothing. */
export interface ListFilter {
  readonly search: string;
  readonly status: keyof typeof words.statuses;
  readonly scope: string;
  readonly sort: keyof typeof words.sorts;
}

interface List {
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
          {records.length === 0 ? <Nothing {...list} /> : <Rows {...list} />}
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

/** A page may have looked at enough keys without one that fits, and not be the last. */
const Nothing = ({ paths, filter, cursor }: List) => (
  <section class="empty">
    <h2>{cursor === null ? words.none : words.noneYet}</h2>
    {cursor === null ? <p>{words.noneHint}</p> : <More {...{ paths, filter, cursor }} text={words.lookOn} />}
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

const Rows = ({ records, paths, used, filter, cursor, frame }: List) => (
  <>
    <ul class="keys" aria-label={words.list}>
      {records.map((record) => (
        <KeyRow
          record={record}
          path={paths.key(record.keyId)}
          used={used.get(record.keyId)}
          now={frame.now}
        />
      ))}
    </ul>
    {cursor === null ? null : <More {...{ paths, filter, cursor }} text={words.more} />}
  </>
);

interface MoreLink extends Pick<List, 'paths' | 'filter'> {
  readonly cursor: string;
  readonly text: string;
}

const More = ({ paths, filter, cursor, text }: MoreLink) => (
  <p>
    <a href={withQuery(paths.home, { ...filter, cursor })}>{text}</a>
  </p>
);

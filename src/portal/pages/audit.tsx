import type { AuditActor, ChainedEntry } from '../../model/audit-chain.ts';
import { detailsSaid } from '../details.ts';
import { isOneOf } from '../is-one-of.ts';
import { type Frame, Layout } from '../layout.tsx';
import { type PlacePaths, withQuery } from '../paths.ts';
import { placeOf } from '../say.ts';
import { LocalTime } from '../time.tsx';
import { WORDS } from '../words.ts';
import { Choice } from './choice.tsx';

const { audit: words } = WORDS;

interface TrailFilter {
  readonly key_id: string;
  readonly action: string;
}

interface Trail {
  readonly frame: Frame;
  readonly paths: PlacePaths;
  readonly filter: TrailFilter;
  readonly isFiltered: boolean;
  readonly entries: readonly ChainedEntry[];
  readonly cursor: string | null;
  /** The names of the keys, by id. */
  readonly names: ReadonlyMap<string, string>;
  /** The id of who looks. */
  readonly reader: string;
}

/** What was done, newest first. */
export const AuditPage = (trail: Trail) => {
  const { frame, entries, cursor, paths, filter, isFiltered } = trail;
  return (
    <Layout title={words.title} frame={frame} width="wide">
      <h1>{words.title}</h1>
      <p class="soft">{words.text}</p>
      {entries.length === 0 && !isFiltered ? <p>{words.none}</p> : <Filter {...trail} />}
      {entries.length === 0 ? isFiltered ? <p>{words.noneHere}</p> : null : <Rows {...trail} />}
      {cursor === null ? null : (
        <p>
          <a href={withQuery(paths.audit, { ...filter, cursor })}>{words.more}</a>
        </p>
      )}
    </Layout>
  );
};

const Filter = ({ paths, filter, names }: Trail) => {
  const known = [...names];
  const keys =
    filter.key_id === '' || names.has(filter.key_id)
      ? known
      : [...known, [filter.key_id, filter.key_id] as const];
  return (
    <search>
      <form class="filter" method="get" action={paths.audit} data-submit-on-change="">
        <Choice
          name="key_id"
          label={words.key}
          options={[['', words.anyKey], ...keys]}
          chosen={filter.key_id}
        />
        <Choice
          name="action"
          label={words.action}
          options={[['', words.anyAction], ...Object.entries(words.actions)]}
          chosen={filter.action}
        />
        <button type="submit" class="quiet">
          {words.apply}
        </button>
      </form>
    </search>
  );
};

/** A table for who has room; a phone shows each row as a block. */
const Rows = ({ entries, names, paths, reader }: Trail) => (
  <section class="scrolls" tabindex={0} aria-label={words.title}>
    <table>
      <thead>
        <tr>
          <th scope="col">{words.when}</th>
          <th scope="col">{words.what}</th>
          <th scope="col">{words.who}</th>
          <th scope="col">{words.from}</th>
        </tr>
      </thead>
      <tbody>
        {entries.map(({ at, action, keyId, actor, address, country, details }) => (
          <tr>
            <td>
              <LocalTime at={at} />
            </td>
            <td>
              {isOneOf(words.actions, action) ? words.actions[action] : action}
              {keyId === null ? null : (
                <>
                  {': '}
                  <a href={paths.key(keyId)}>
                    <bdi>{names.get(keyId) ?? keyId}</bdi>
                  </a>
                </>
              )}
              <Details details={without(details, keyId === null ? undefined : names.get(keyId))} />
            </td>
            <td>
              <Who actor={actor} reader={reader} />
            </td>
            <td>
              {address ?? words.unknownPlace}
              {country === null ? null : ` · ${placeOf({ city: null, country }) ?? country}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

const Who = ({ actor: { kind, id }, reader }: { readonly actor: AuditActor; readonly reader: string }) => {
  if (id === reader) return <>{words.you}</>;
  return (
    <>
      {words.actors[kind]}
      {id === null ? null : (
        <>
          {' '}
          <code>{id}</code>
        </>
      )}
    </>
  );
};

/** A name that stands beside it already is not said again. */
const without = (
  { name, ...rest }: ChainedEntry['details'],
  shown: string | undefined,
): ChainedEntry['details'] => (name === undefined || name === shown ? rest : { name, ...rest });

/** Values are anybody's text: they may run from right to left. */
const Details = ({ details }: Pick<ChainedEntry, 'details'>) =>
  detailsSaid(details).map((said) => (
    <small>
      <bdi>{said}</bdi>
    </small>
  ));

import { type KeyRecord, requestsIn, totalsOf, type UsageReport } from '../../model/life.ts';
import { UsageLine } from '../charts/usage-line.tsx';
import { RelativeTime } from '../time.tsx';
import { barsOf } from '../usage-ranges.ts';
import { WORDS } from '../words.ts';
import { Fact } from './fact.tsx';
import { Badge, isLiving, LastUse } from './key-words.tsx';

const { keys: words } = WORDS;

/** How many scopes of a key are shown in the list. */
const SCOPES_SHOWN = 4;

/** A key in the list of keys. */
export const KeyRow = ({
  record,
  path,
  used,
  now,
}: {
  readonly record: KeyRecord;
  /** Of the key's page. */
  readonly path: string;
  /** In seven days. */
  readonly used: UsageReport | undefined;
  readonly now: number;
}) => {
  const { keyId, name, description, scopes, lastFour, createdAt } = record;
  return (
    <li class={isLiving(record) ? undefined : 'over'}>
      <div>
        <h2>
          <a href={path}>
            <bdi>{name}</bdi>
          </a>
        </h2>
        {record.status === 'active' && record.expiresAt === null ? null : <Badge record={record} now={now} />}
        <p>
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
          <WeekLine used={used} />
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

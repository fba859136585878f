import type { KeyRecord } from '../../model/life.ts';
import { day, seenFrom } from '../say.ts';
import { LocalTime, RelativeTime } from '../time.tsx';
import { WORDS } from '../words.ts';

/** A key that ends within so many milliseconds is marked in the list: 7 days. */
const SOON_MS = 604_800_000;

/** Whether requests with a key can still be let through. */
export const isLiving = ({ status }: Pick<KeyRecord, 'status'>): boolean =>
  status === 'active' || status === 'rotating';

/** What is to be known of a key before all else; an active one needs no mark. */
export const Badge = ({ record, now }: { readonly record: KeyRecord; readonly now: number }) => {
  const { status, expiresAt } = record;
  const shown = status === 'active' && expiresAt !== null && expiresAt - now < SOON_MS ? 'expiring' : status;
  return <span class={`badge ${shown}`}>{WORDS.statuses[shown]}</span>;
};

/** "3 minutes ago · Germany · curl". */
export const LastUse = ({ record, now }: { readonly record: KeyRecord; readonly now: number }) => {
  const { lastUsedAt, lastSeen } = record;
  if (lastUsedAt === null) return <>{WORDS.use.never}</>;
  const from = seenFrom(lastSeen);
  return (
    <>
      <RelativeTime at={lastUsedAt} now={now} />
      {from === '' ? null : ` · ${from}`}
    </>
  );
};

/** When a key ends or ended, as far as it does. */
export const End = ({ record, now }: { readonly record: KeyRecord; readonly now: number }) => {
  const { endedAt, expiresAt } = record;
  const at = endedAt ?? expiresAt;
  if (at === null) return <>{WORDS.key.noEnd}</>;
  return (
    <>
      <RelativeTime at={at} now={now} />, {endedAt === null ? day(at) : <LocalTime at={at} />}
    </>
  );
};

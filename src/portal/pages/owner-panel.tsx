import type { OwnerRecord } from '../../model/life.ts';
import type { ownerPathsAt, PlacePaths } from '../paths.ts';
import { second } from '../say.ts';
import { LocalTime, RelativeTime } from '../time.tsx';
import { WORDS } from '../words.ts';
import { Fact } from './fact.tsx';

const { owner: words } = WORDS;

export type OwnerNotice = keyof typeof words.notices;

/** An owner, and what led to him. */
export interface OwnerShown {
  readonly about: OwnerRecord;
  readonly paths: PlacePaths;
  readonly owner: ReturnType<typeof ownerPathsAt>;
  /** What was just done, as the address says. */
  readonly notice: OwnerNotice | null;
  /** When it is in force everywhere, in milliseconds. */
  readonly inForceBy: number | null;
  /** The key that led here, by its id, and whether the whole of it was typed. */
  readonly sought: { readonly keyId: string; readonly isWhole: boolean } | null;
  readonly now: number;
}

/** What an operator sees of an owner as such, and what he can do. */
export const OwnerPanel = (shown: OwnerShown) => {
  const { about, notice, inForceBy, sought, paths } = shown;
  return (
    <>
      {notice === null ? null : (
        <p class="done" role="status">
          {words.notices[notice]} {inForceBy === null ? null : `${words.inForceBy} ${second(inForceBy)}.`}
        </p>
      )}
      {sought === null ? null : (
        <p class="note">
          {words.sought}{' '}
          <a href={paths.key(sought.keyId)}>
            <code>{sought.keyId}</code>
          </a>
          . {sought.isWhole ? WORDS.find.wholeKey : null}
        </p>
      )}
      {about.deletion === null ? null : (
        <p class="note">
          {words.deleted} <LocalTime at={about.deletion.deletedAt} />. {words.keptUntil}{' '}
          <LocalTime at={about.deletion.keptUntil} />.
        </p>
      )}
      <Facts {...shown} />
      {about.deletion === null ? <Deeds {...shown} /> : null}
    </>
  );
};

const Facts = ({ about, now }: OwnerShown) => (
  <dl>
    {about.owner.organizationId === null || about.owner.kind === 'organization' ? null : (
      <Fact name={words.organization}>
        <code>{about.owner.organizationId}</code>
      </Fact>
    )}
    <Fact name={words.since}>
      {about.createdAt === null ? words.unknown : <LocalTime at={about.createdAt} />}
    </Fact>
    <Fact name={words.standing}>
      {about.suspension === null ? (
        words.good
      ) : (
        <>
          {words.isSuspended} <RelativeTime at={about.suspension.suspendedAt} now={now} />:{' '}
          <bdi>{about.suspension.reason}</bdi>
        </>
      )}
    </Fact>
    <Fact name={words.plan}>{about.plan ?? words.defaultPlan}</Fact>
  </dl>
);

const Deeds = ({ about, owner }: OwnerShown) => (
  <div class="deeds">
    <a class={about.suspension === null ? 'button quiet bad' : 'button quiet'} href={owner.suspend}>
      {about.suspension === null ? words.suspend.way : words.suspend.wayAgain}
    </a>
    {about.suspension === null ? null : (
      <a class="button quiet" href={owner.lift}>
        {words.lift.way}
      </a>
    )}
    <a class="button quiet" href={owner.limits}>
      {words.limits.way}
    </a>
    {about.liveKeys === 0 ? null : (
      <a class="button quiet bad" href={owner.revokeAll}>
        {words.revokeAll.way}
      </a>
    )}
  </div>
);

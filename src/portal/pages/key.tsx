import type { Child } from 'hono/jsx';
import type { KeyRecord, Rotation } from '../../model/life.ts';
import { CopyButton } from '../copy-button.tsx';
import { Layout, type SignedInFrame } from '../layout.tsx';
import { type PlacePaths, withQuery } from '../paths.ts';
import { PostForm } from '../post-form.tsx';
import { second } from '../say.ts';
import { Countdown, LocalTime, RelativeTime } from '../time.tsx';
import { WORDS } from '../words.ts';
import { Fact } from './fact.tsx';
import { Badge, End, isLiving, LastUse } from './key-words.tsx';
import { ScopeList } from './scope-list.tsx';

const { key: words } = WORDS;

export type Notice = keyof typeof words.notices;

interface OneKey {
  readonly frame: SignedInFrame;
  readonly paths: PlacePaths;
  readonly record: KeyRecord;
  readonly titleOf: (scope: string) => string;
  /** What was just done, as the address says. */
  readonly notice: Notice | null;
  /** When what ended last is in force everywhere, in milliseconds. */
  readonly deadBy: number | null;
}

/** One key: what it is, what it does, and what can be done with it. */
export const KeyPage = (one: OneKey & { readonly children?: Child }) => {
  const { frame, paths, record, notice, deadBy } = one;
  return (
    <Layout title={record.name} frame={frame} width="wide">
      <p>
        <a href={paths.home}>{words.back}</a>
      </p>
      <div class="heading">
        <h1>
          <bdi>{record.name}</bdi> <Badge record={record} now={frame.now} />
        </h1>
        {isLiving(record) ? <Deeds paths={paths} record={record} /> : null}
      </div>
      {record.description === '' ? null : (
        <p>
          <bdi>{record.description}</bdi>
        </p>
      )}
      {notice === null ? null : (
        <p class="done" role="status">
          {words.notices[notice]}
        </p>
      )}
      {deadBy === null ? null : (
        <p class="note">
          {words.deadBy} {second(deadBy)}.
        </p>
      )}
      {record.rotation === null ? null : <RotationPanel {...one} rotation={record.rotation} />}
      {one.children}
      <Details {...one} />
    </Layout>
  );
};

const Deeds = ({ paths, record: { keyId, rotation } }: Pick<OneKey, 'paths' | 'record'>) => (
  <div class="deeds">
    <a class="button quiet" href={paths.change(keyId)}>
      {words.change}
    </a>
    {rotation === null ? (
      <a class="button quiet" href={paths.rotate(keyId)}>
        {words.rotate}
      </a>
    ) : null}
    <a class="button quiet bad" href={paths.revoke(keyId)}>
      {words.revoke}
    </a>
  </div>
);

/** Two secrets are good: how long, whether the old one is still in use, and how to end it. */
const RotationPanel = ({
  frame,
  paths,
  record: { keyId, lastFour },
  rotation,
}: OneKey & { readonly rotation: Rotation }) => (
  <section class="panel" aria-labelledby="rotation">
    <h2 id="rotation">{WORDS.rotation.title}</h2>
    <p>{WORDS.rotation.text}</p>
    <dl>
      <Fact name={WORDS.rotation.ends}>
        <Countdown at={rotation.finishesAt} now={frame.now} />
        <span class="soft">
          <LocalTime at={rotation.finishesAt} />
        </span>
      </Fact>
      <Fact name={WORDS.rotation.oldUsed}>
        {rotation.oldSecretLastUsedAt === null ? (
          <>
            {WORDS.rotation.oldUnused} <span class="soft">{WORDS.rotation.oldUnusedHint}</span>
          </>
        ) : (
          <RelativeTime at={rotation.oldSecretLastUsedAt} now={frame.now} />
        )}{' '}
        <span class="soft">{words.endsIn(lastFour)}</span>
      </Fact>
      <Fact name={WORDS.rotation.next}>{words.endsIn(rotation.nextLastFour)}</Fact>
    </dl>
    <div class="buttons">
      <Deed
        path={paths.finish(keyId)}
        csrf={frame.csrf}
        label={WORDS.rotation.finish}
        hint={WORDS.rotation.finishHint}
      />
      <Deed
        path={paths.cancel(keyId)}
        csrf={frame.csrf}
        label={WORDS.rotation.cancel}
        hint={WORDS.rotation.cancelHint}
        isQuiet
      />
    </div>
  </section>
);

const Deed = ({
  path,
  csrf,
  label,
  hint,
  isQuiet = false,
}: {
  readonly path: string;
  readonly csrf: string;
  readonly label: string;
  readonly hint: string;
  readonly isQuiet?: boolean;
}) => (
  <PostForm csrf={csrf} action={path}>
    <button type="submit" class={isQuiet ? 'quiet' : undefined}>
      {label}
    </button>
    <p class="hint">{hint}</p>
  </PostForm>
);

const Details = ({ frame: { now }, record, titleOf, paths }: OneKey) => (
  <section aria-labelledby="details">
    <h2 id="details">{words.details}</h2>
    <dl>
      <Fact name={words.id}>
        <code id="key-id">{record.keyId}</code> <CopyButton of="key-id" />
        <p class="hint">{words.idHint}</p>
      </Fact>
      <Fact name={words.secret}>{words.endsIn(record.lastFour)}</Fact>
      <Fact name={words.scopes}>
        <ScopeList scopes={record.scopes} titleOf={titleOf} />
      </Fact>
      <Fact name={WORDS.use.last}>
        <LastUse record={record} now={now} />
      </Fact>
      <Fact name={record.endedAt === null ? words.ends : words.ended}>
        <End record={record} now={now} />
      </Fact>
      <Fact name={words.created}>
        <LocalTime at={record.createdAt} />
        {record.createdBy === record.owner.id ? null : (
          <>
            {' '}
            {words.by} <bdi>{record.createdBy}</bdi>
          </>
        )}
      </Fact>
      {record.deviceClient === null ? null : <Fact name={words.device}>{record.deviceClient}</Fact>}
      <Fact name={words.from}>
        {record.ipAllowlist === null ? words.anywhere : <code>{record.ipAllowlist.join(', ')}</code>}
      </Fact>
    </dl>
    <p>
      <a href={withQuery(paths.audit, { key_id: record.keyId })}>{words.allActivity}</a>
    </p>
  </section>
);

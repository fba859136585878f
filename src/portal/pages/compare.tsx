import type { DeviceAsking, DeviceOrigin } from '../../model/device.ts';
import { Layout, type SignedInFrame } from '../layout.tsx';
import { PATHS } from '../paths.ts';
import { PostForm } from '../post-form.tsx';
import { day, placeOf } from '../say.ts';
import { WORDS } from '../words.ts';
import { Fact } from './fact.tsx';
import { ScopeList } from './scope-list.tsx';

const { compare: words } = WORDS;

interface Asked {
  readonly frame: SignedInFrame;
  readonly asking: DeviceAsking;
  readonly titleOf: (scope: string) => string;
}

/** What the device asks for, who it is and from where, to be compared before it is let in (RFC 8628 §5.4). */
export const ComparePage = ({ frame, asking, titleOf }: Asked) => (
  <Layout title={words.title} frame={frame} isHisAlone>
    <h1>{words.title}</h1>
    <p class="soft">
      {words.lead} {words.minutes(Math.ceil((asking.expiresAt - frame.now) / 60_000))}
    </p>
    <p class="code">{asking.userCode}</p>
    <h2>
      <bdi>{words.asks(asking.clientTitle)}</bdi>
    </h2>
    {asking.scopes.length === 0 ? (
      <p>{words.wantsNothing}</p>
    ) : (
      <>
        <p class="soft">{words.wants}</p>
        <ScopeList scopes={asking.scopes} titleOf={titleOf} />
      </>
    )}
    {asking.beyond.length === 0 ? null : (
      <>
        <p class="soft">{words.beyond}</p>
        <ScopeList scopes={asking.beyond} titleOf={titleOf} />
      </>
    )}
    <dl>
      <Fact name={words.client}>
        <bdi>{asking.clientTitle}</bdi> <code>{asking.clientId}</code>
      </Fact>
      <Fact name={words.from}>
        <From {...asking.from} />
      </Fact>
      <Fact name={words.keyName}>
        <bdi>{asking.keyName}</bdi>
      </Fact>
      <Fact name={words.keyEnds}>
        {asking.keyExpiresAt === null ? words.never : day(asking.keyExpiresAt)}
      </Fact>
    </dl>
    <p class="note">{words.warning}</p>
    <PostForm csrf={frame.csrf} action={PATHS.decision}>
      <input type="hidden" name="user_code" value={asking.userCode} />
      <input type="hidden" name="claim" value={asking.claim} />
      <div class="buttons">
        <button type="submit" name="decision" value="deny" class="quiet">
          {words.deny}
        </button>
        {asking.scopes.length === 0 ? null : (
          <button type="submit" name="decision" value="approve">
            {words.approve}
          </button>
        )}
      </div>
    </PostForm>
  </Layout>
);

const From = (from: DeviceOrigin) => {
  const parts = [from.address, from.client].filter((part) => part !== null);
  return (
    <>
      <bdi>{placeOf(from) ?? words.unknownPlace}</bdi>
      {parts.length === 0 ? null : (
        <>
          <br />
          <bdi class="soft">{parts.join(' · ')}</bdi>
        </>
      )}
    </>
  );
};

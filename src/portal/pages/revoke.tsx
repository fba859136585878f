import type { KeyRecord } from '../../model/life.ts';
import { type Frame, Layout } from '../layout.tsx';
import type { PlacePaths } from '../paths.ts';
import { WORDS } from '../words.ts';
import { Fact } from './fact.tsx';
import { LastUse } from './key-words.tsx';

const { revoke: words } = WORDS;

/** Asks once more, and says what would be missed. */
export const RevokePage = ({
  frame,
  paths,
  csrf,
  record,
  now,
}: {
  readonly frame: Frame;
  readonly paths: PlacePaths;
  readonly csrf: string;
  readonly record: KeyRecord;
  readonly now: number;
}) => (
  <Layout title={words.title(record.name)} frame={frame} width="form">
    <h1>{words.title(record.name)}</h1>
    <p>{words.text}</p>
    <dl class="facts">
      <Fact name={WORDS.use.last}>
        <LastUse record={record} now={now} />
      </Fact>
      <Fact name={WORDS.key.id}>
        <code>{record.keyId}</code>
      </Fact>
    </dl>
    <form method="post" action={paths.revoke(record.keyId)}>
      <input type="hidden" name="csrf" value={csrf} />
      <div class="buttons">
        <a class="button quiet" href={paths.key(record.keyId)}>
          {words.keep}
        </a>
        <button type="submit" class="bad">
          {words.button}
        </button>
      </div>
    </form>
  </Layout>
);

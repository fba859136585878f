import type { KeyRecord } from '../../model/life.ts';
import { Layout, type SignedInFrame } from '../layout.tsx';
import type { PlacePaths } from '../paths.ts';
import { PostForm } from '../post-form.tsx';
import { WORDS } from '../words.ts';
import { Fact } from './fact.tsx';
import { FormButtons } from './form-buttons.tsx';
import { LastUse } from './key-words.tsx';

const { revoke: words } = WORDS;

/** Asks once more, and says what would be missed. */
export const RevokePage = ({
  frame,
  paths,
  record,
}: {
  readonly frame: SignedInFrame;
  readonly paths: PlacePaths;
  readonly record: KeyRecord;
}) => (
  <Layout title={words.title(record.name)} frame={frame} width="form">
    <h1>{words.title(record.name)}</h1>
    <p>{words.text}</p>
    <dl>
      <Fact name={WORDS.use.last}>
        <LastUse record={record} now={frame.now} />
      </Fact>
      <Fact name={WORDS.key.id}>
        <code>{record.keyId}</code>
      </Fact>
    </dl>
    <PostForm csrf={frame.csrf} action={paths.revoke(record.keyId)}>
      <FormButtons back={paths.key(record.keyId)} keep={words.keep} button={words.button} isBad />
    </PostForm>
  </Layout>
);

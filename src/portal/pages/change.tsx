import type { KeyRecord } from '../../model/life.ts';
import { type KeyForm, type Problems, problemOfAll } from '../key-form.ts';
import { Layout, type SignedInFrame } from '../layout.tsx';
import type { PlacePaths } from '../paths.ts';
import { PostForm } from '../post-form.tsx';
import { day } from '../say.ts';
import { WORDS } from '../words.ts';
import { FormButtons } from './form-buttons.tsx';
import { FormProblem } from './form-problem.tsx';
import { KeyFields, type OfferedScope } from './key-fields.tsx';

const { change: words } = WORDS;

/** A key's form, with what it is now or what was typed. */
export const ChangePage = ({
  frame,
  paths,
  record: { keyId, name, expiresAt },
  form,
  revision,
  problems,
  scopes,
}: {
  readonly frame: SignedInFrame;
  readonly paths: PlacePaths;
  readonly record: KeyRecord;
  readonly form: KeyForm;
  /** Of the key, that the form is for. */
  readonly revision: number;
  readonly problems: Problems;
  readonly scopes: readonly OfferedScope[];
}) => (
  <Layout title={words.title(name)} frame={frame} width="form">
    <h1>{words.title(name)}</h1>
    <FormProblem text={problemOfAll(problems)} />
    <PostForm csrf={frame.csrf} action={paths.change(keyId)}>
      <input type="hidden" name="revision" value={String(revision)} />
      <KeyFields
        form={form}
        problems={problems}
        scopes={scopes}
        endsAs={expiresAt === null ? null : day(expiresAt)}
      />
      <FormButtons back={paths.key(keyId)} button={words.button} />
    </PostForm>
  </Layout>
);

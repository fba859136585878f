import { type KeyForm, type Problems, problemOfAll } from '../key-form.ts';
import { Layout, type SignedInFrame } from '../layout.tsx';
import type { PlacePaths } from '../paths.ts';
import { PostForm } from '../post-form.tsx';
import { WORDS } from '../words.ts';
import { FormButtons } from './form-buttons.tsx';
import { FormProblem } from './form-problem.tsx';
import { KeyFields, type OfferedScope } from './key-fields.tsx';

const { create: words } = WORDS;

/** Asks what a new key is to be. */
export const CreatePage = ({
  frame,
  paths,
  once,
  form,
  problems,
  scopes,
}: {
  readonly frame: SignedInFrame;
  readonly paths: PlacePaths;
  /** Of this form alone: sent twice, it makes one key. */
  readonly once: string;
  readonly form: KeyForm;
  readonly problems: Problems;
  readonly scopes: readonly OfferedScope[];
}) => (
  <Layout title={words.title} frame={frame} width="form">
    <h1>{words.title}</h1>
    <FormProblem text={problemOfAll(problems)} />
    <PostForm csrf={frame.csrf} action={paths.keys}>
      <input type="hidden" name="once" value={once} />
      <KeyFields form={form} problems={problems} scopes={scopes} endsAs={null} />
      <FormButtons back={paths.home} button={words.button} />
    </PostForm>
  </Layout>
);

import type { KeyForm, Problems } from '../key-form.ts';
import { type Frame, Layout } from '../layout.tsx';
import type { PlacePaths } from '../paths.ts';
import { WORDS } from '../words.ts';
import { FormProblem, KeyFields, type OfferedScope } from './key-fields.tsx';

const { create: words } = WORDS;

/** Asks what a new key is to be. */
export const CreatePage = ({
  frame,
  paths,
  csrf,
  once,
  form,
  problems,
  scopes,
}: {
  readonly frame: Frame;
  readonly paths: PlacePaths;
  readonly csrf: string;
  /** Of this form alone: sent twice, it makes one key. */
  readonly once: string;
  readonly form: KeyForm;
  readonly problems: Problems;
  readonly scopes: readonly OfferedScope[];
}) => (
  <Layout title={words.title} frame={frame} width="form">
    <h1>{words.title}</h1>
    <FormProblem problems={problems} />
    <form method="post" action={paths.keys}>
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="once" value={once} />
      <KeyFields form={form} problems={problems} scopes={scopes} endsAs={null} />
      <div class="buttons">
        <a class="button quiet" href={paths.home}>
          {words.cancel}
        </a>
        <button type="submit">{words.button}</button>
      </div>
    </form>
  </Layout>
);

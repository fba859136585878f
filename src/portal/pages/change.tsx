import type { KeyRecord } from '../../model/life.ts';
import type { KeyForm, Problems } from '../key-form.ts';
import { type Frame, Layout } from '../layout.tsx';
import type { PlacePaths } from '../paths.ts';
import { day } from '../say.ts';
import { WORDS } from '../words.ts';
import { FormProblem, KeyFields, type OfferedScope } from './key-fields.tsx';

const { change: words } = WORDS;

/** A key's form, with what it is now or what was typed. */
export const ChangePage = ({
  frame,
  paths,
  csrf,
  record: { keyId, name, expiresAt },
  form,
  revision,
  problems,
  scopes,
}: {
  readonly frame: Frame;
  readonly paths: PlacePaths;
  readonly csrf: string;
  readonly record: KeyRecord;
  readonly form: KeyForm;
  /** Of the key, that the form is for. */
  readonly revision: number;
  readonly problems: Problems;
  readonly scopes: readonly OfferedScope[];
}) => (
  <Layout title={words.title(name)} frame={frame} width="form">
    <h1>{words.title(name)}</h1>
    <FormProblem problems={problems} />
    <form method="post" action={paths.change(keyId)}>
      <input type="hidden" name="csrf" value={csrf} />
      <input type="hidden" name="revision" value={String(revision)} />
      <KeyFields
        form={form}
        problems={problems}
        scopes={scopes}
        endsAs={expiresAt === null ? null : day(expiresAt)}
      />
      <div class="buttons">
        <a class="button quiet" href={paths.key(keyId)}>
          {WORDS.create.cancel}
        </a>
        <button type="submit">{words.button}</button>
      </div>
    </form>
  </Layout>
);

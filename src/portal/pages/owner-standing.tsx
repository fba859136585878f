import { Layout, type SignedInFrame } from '../layout.tsx';
import type { ownerPathsAt } from '../paths.ts';
import { PostForm } from '../post-form.tsx';
import { WORDS } from '../words.ts';
import { FormButtons } from './form-buttons.tsx';
import { TextField } from './text-field.tsx';

const { owner: words } = WORDS;

interface OfOwner {
  readonly frame: SignedInFrame;
  readonly id: string;
}

/** Asks why, before an owner is refused everywhere. */
export const SuspendPage = ({
  frame,
  id,
  paths,
  reason,
  problem,
}: OfOwner & {
  readonly paths: ReturnType<typeof ownerPathsAt>;
  readonly reason: string;
  readonly problem: string | null;
}) => (
  <Layout title={words.suspend.title} frame={frame} width="form">
    <h1>{words.suspend.title}</h1>
    <p>
      <code>{id}</code>
    </p>
    <p>{words.suspend.text}</p>
    <PostForm csrf={frame.csrf} action={paths.suspend}>
      <TextField
        name="reason"
        label={words.reason}
        value={reason}
        hint={words.reasonHint}
        problem={problem ?? undefined}
        isAlone
        required
        maxlength={256}
      />
      <FormButtons back={paths.home} button={words.suspend.button} isBad />
    </PostForm>
  </Layout>
);

/** Asks once more. */
export const ConfirmPage = ({
  frame,
  id,
  action,
  back,
  title,
  text,
  button,
  isBad,
}: OfOwner & {
  readonly action: string;
  readonly back: string;
  readonly title: string;
  readonly text: string;
  readonly button: string;
  readonly isBad: boolean;
}) => (
  <Layout title={title} frame={frame} width="form">
    <h1>{title}</h1>
    <p>
      <code>{id}</code>
    </p>
    <p>{text}</p>
    <PostForm csrf={frame.csrf} action={action}>
      <FormButtons back={back} button={button} isBad={isBad} />
    </PostForm>
  </Layout>
);

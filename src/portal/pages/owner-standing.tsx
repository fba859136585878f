import { type Frame, Layout } from '../layout.tsx';
import type { ownerPathsAt } from '../paths.ts';
import { WORDS } from '../words.ts';

const { owner: words } = WORDS;

interface OfOwner {
  readonly frame: Frame;
  readonly csrf: string;
  readonly id: string;
}

/** Asks why, before an owner is refused everywhere. */
export const SuspendPage = ({
  frame,
  csrf,
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
    <form method="post" action={paths.suspend}>
      <input type="hidden" name="csrf" value={csrf} />
      <div class="field">
        <label for="reason">{words.reason}</label>
        <input
          id="reason"
          name="reason"
          type="text"
          value={reason}
          required
          maxlength={256}
          autocomplete="off"
          aria-describedby={problem === null ? 'hint' : 'problem hint'}
          aria-invalid={problem === null ? undefined : 'true'}
        />
        {problem === null ? null : (
          <p class="error" id="problem" role="alert">
            {problem}
          </p>
        )}
        <p class="hint" id="hint">
          {words.reasonHint}
        </p>
      </div>
      <div class="buttons">
        <a class="button quiet" href={paths.home}>
          {WORDS.create.cancel}
        </a>
        <button type="submit" class="bad">
          {words.suspend.button}
        </button>
      </div>
    </form>
  </Layout>
);

/** Asks once more. */
export const ConfirmPage = ({
  frame,
  csrf,
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
    <form method="post" action={action}>
      <input type="hidden" name="csrf" value={csrf} />
      <div class="buttons">
        <a class="button quiet" href={back}>
          {WORDS.create.cancel}
        </a>
        <button type="submit" class={isBad ? 'bad' : undefined}>
          {button}
        </button>
      </div>
    </form>
  </Layout>
);

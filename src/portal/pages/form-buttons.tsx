import { WORDS } from '../words.ts';

/** The end of a form: the way back, and its button. */
export const FormButtons = ({
  back,
  keep = WORDS.create.cancel,
  button,
  isBad = false,
}: {
  readonly back: string;
  /** What the way back is called. */
  readonly keep?: string;
  readonly button: string;
  /** Whether something ends by it. */
  readonly isBad?: boolean;
}) => (
  <div class="buttons">
    <a class="button quiet" href={back}>
      {keep}
    </a>
    <button type="submit" class={isBad ? 'bad' : undefined}>
      {button}
    </button>
  </div>
);

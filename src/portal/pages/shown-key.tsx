import { CopyButton } from '../copy-button.tsx';
import { type Frame, Layout } from '../layout.tsx';
import { WORDS } from '../words.ts';

const { shown: words } = WORDS;

/** How the secret came to be. */
export type Shown = 'created' | 'rotated' | 'replaced';

interface ShownKey {
  readonly frame: Frame;
  readonly shown: Shown;
  readonly name: string;
  /** Where the key is from now on, without its secret. */
  readonly keyPath: string;
}

/**
 * A whole key, once: in the answer to the form that made it and nowhere else. The script puts the key's own page in the
 * place of this one in the history, and wipes what is secret when the page is left.
 */
export const ShownKeyPage = ({
  frame,
  shown,
  name,
  keyPath,
  secret,
  variable,
  curl,
}: ShownKey & {
  readonly secret: string;
  /** The shell variable that holds it. */
  readonly variable: string;
  /** A request that tries it. */
  readonly curl: string;
}) => {
  const title = words.title[shown === 'created' ? 'created' : 'rotated'];
  return (
    <Layout title={title} frame={frame} width="form">
      <div data-secret={keyPath}>
        <h1>{title}</h1>
        <p>
          <bdi>{name}</bdi>
        </p>
        <p class="note">{words.warning[shown]}</p>
        <Copyable id="key" label={words.key} text={secret} isMain />
        <Copyable id="env" label={words.env} text={`${variable}=${secret}`} />
        <Copyable id="curl" label={words.curl} text={curl} hint={words.curlHint} />
        <p class="soft">{words.care}</p>
        <p class="buttons">
          <a class="button" href={keyPath}>
            {words.done}
          </a>
        </p>
      </div>
    </Layout>
  );
};

/** The same form sent again: the key is there, and its secret is not told again (MG-08, MG-10). */
export const ShownAlreadyPage = ({ frame, shown, name, keyPath }: ShownKey) => {
  const title = words.again[shown === 'created' ? 'created' : 'rotated'];
  return (
    <Layout title={title} frame={frame} width="form">
      <h1>{title}</h1>
      <p>
        <bdi>{name}</bdi>
      </p>
      <p>{words.againText}</p>
      <p class="buttons">
        <a class="button" href={keyPath}>
          {words.toKey}
        </a>
      </p>
    </Layout>
  );
};

const Copyable = ({
  id,
  label,
  text,
  hint,
  isMain = false,
}: {
  readonly id: string;
  readonly label: string;
  readonly text: string;
  readonly hint?: string;
  readonly isMain?: boolean;
}) => (
  <section class={isMain ? 'copyable main' : 'copyable'} aria-labelledby={`${id}-label`}>
    <h2 id={`${id}-label`}>{label}</h2>
    <div>
      <code id={id} data-secret-text="">
        {text}
      </code>
      <CopyButton of={id} />
    </div>
    {hint === undefined ? null : <p class="hint">{hint}</p>}
  </section>
);

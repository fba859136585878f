import { WORDS } from './words.ts';

const { copy: words } = WORDS;

/** Copies the text of the element that has this id. Not there without the script. */
export const CopyButton = ({ of }: { readonly of: string }) => (
  <button
    type="button"
    class="quiet scripted"
    hidden
    data-copy={`#${of}`}
    data-copied={words.copied}
    data-selected={words.selected}
  >
    {words.button}
  </button>
);

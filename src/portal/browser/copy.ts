import { every, reveal, say, textOf } from './page.ts';

/** For how long a button says that it has copied. */
const SAID_MS = 2_000;

/**
 * `<button type="button" hidden data-copy="#id" data-copied="Copied" data-selected="Press Ctrl+C">Copy</button>`: copies
 * the text of an element; where the browser lets nothing be copied, selects it.
 */
export const copyButtons = (): void => {
  for (const button of every('[data-copy]')) {
    const { copy = '', copied = '', selected = '' } = button.dataset;
    const source = document.querySelector(copy);
    if (source === null) continue;
    const usual = button.textContent;
    let timer = 0;
    button.addEventListener('click', async () => {
      const word = (await isCopied(source)) ? copied : selected;
      button.textContent = word;
      say(word);
      clearTimeout(timer);
      timer = setTimeout(() => {
        button.textContent = usual;
        say('');
      }, SAID_MS);
    });
    reveal(button);
  }
};

/** There is no clipboard where the page is not secure, and leave to write it may be refused. */
const isCopied = async (source: Element): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(textOf(source));
    return true;
  } catch {
    if (source instanceof HTMLInputElement) source.select();
    else getSelection()?.selectAllChildren(source);
    return false;
  }
};

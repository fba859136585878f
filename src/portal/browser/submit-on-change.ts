import { every } from './page.ts';

/**
 * `<form data-submit-on-change>`: sent when something was chosen in it with a pointer. With the keyboard each arrow and each
 * letter is a choice already, and nobody would come to the one that he wants (WCAG 2.2 §3.2.2): there the button sends it.
 */
export const submitOnChange = (): void => {
  let isByKey = false;
  for (const type of ['keydown', 'pointerdown'] as const)
    addEventListener(type, () => {
      isByKey = type === 'keydown';
    });
  for (const form of every<HTMLFormElement>('form[data-submit-on-change]'))
    form.addEventListener('change', ({ target }) => {
      if (target instanceof HTMLSelectElement && !isByKey) form.requestSubmit();
    });
};

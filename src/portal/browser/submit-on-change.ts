import { every } from './page.ts';

/** `<form data-submit-on-change>`: sent when something was chosen in it; its button stays for those who want it. */
export const submitOnChange = (): void => {
  for (const form of every<HTMLFormElement>('form[data-submit-on-change]'))
    form.addEventListener('change', ({ target }) => {
      if (target instanceof HTMLSelectElement) form.requestSubmit();
    });
};

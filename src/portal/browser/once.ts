/** After so long nothing came of it: the connection broke, or the reader stopped it, and he may send it again. */
const GIVEN_UP_MS = 15_000;

/**
 * A form that is on its way is not sent again. Its buttons are `aria-disabled` and not `disabled`, which would take the
 * focus away from whoever hears the page, and the button's own value out of the form.
 */
export const once = (): void => {
  const underWay = new Set<EventTarget>();
  addEventListener('submit', (event) => {
    const form = event.target;
    if (event.defaultPrevented || !(form instanceof HTMLFormElement)) return;
    if (underWay.has(form)) return event.preventDefault();
    const buttons = [...form.elements].filter((element) => element instanceof HTMLButtonElement);
    underWay.add(form);
    for (const button of buttons) button.ariaDisabled = 'true';
    const release = () => {
      underWay.delete(form);
      for (const button of buttons) button.ariaDisabled = null;
    };
    setTimeout(release, GIVEN_UP_MS);
    // Back from where it led, out of the browser's memory.
    addEventListener('pageshow', release, { once: true });
  });
};

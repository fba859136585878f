/** Every element of the page that a selector is true of. */
export const every = <E extends HTMLElement>(selector: string): readonly E[] => [
  ...document.querySelectorAll<E>(selector),
];

/** Shows what is of use with a script alone. */
export const reveal = (element: Element): void => {
  element.closest('[hidden]')?.removeAttribute('hidden');
};

/** Says something to those who hear the page (`role="status"` in `layout.tsx`). */
export const say = (text: string): void => {
  for (const place of every('[data-said]')) place.textContent = text;
};

/** What an element says, a field among them. */
export const textOf = (element: Element): string =>
  'value' in element ? String(element.value) : (element.textContent ?? '');

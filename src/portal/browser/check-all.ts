import { every, reveal } from './page.ts';

/**
 * `<label hidden><input type="checkbox" data-check-all="name"> All</label>`: checks every `<input data-group="name">`,
 * and shows whether all of them are, or some. It has no name itself, and is not sent.
 */
export const checkAll = (): void => {
  for (const all of every<HTMLInputElement>('[data-check-all]')) {
    const boxes = every<HTMLInputElement>('[data-group]').filter(
      ({ dataset, disabled }) => dataset.group === all.dataset.checkAll && !disabled,
    );
    const show = () => {
      const count = boxes.filter(({ checked }) => checked).length;
      all.checked = count === boxes.length;
      all.indeterminate = count > 0 && count < boxes.length;
    };
    all.addEventListener('change', () => {
      for (const box of boxes) box.checked = all.checked;
    });
    for (const box of boxes) box.addEventListener('change', show);
    // Browsers put back what was checked before when somebody comes back.
    addEventListener('pageshow', show);
    show();
    reveal(all);
  }
};

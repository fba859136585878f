import { every } from './page.ts';

/**
 * `data-secret="/keys/…"`: the page shows a secret once. To load it again shows the page named, and to come back to it
 * shows nothing: what a browser keeps of a page that was left (bfcache) has its `[data-secret-text]` no more.
 *
 * Nobody is asked whether he really wants to leave: the browser's question speaks of changes that are not saved, it would
 * be put to those as well who copied by hand, and what is lost is had again by a rotation.
 */
export const secretOnce = (): void => {
  const address = document.querySelector<HTMLElement>('[data-secret]')?.dataset.secret;
  if (address === undefined) return;
  history.replaceState(null, '', address);
  addEventListener('pagehide', () => {
    for (const element of every('[data-secret-text]')) {
      element.textContent = '';
      if (element instanceof HTMLInputElement) element.value = '';
    }
  });
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });
};

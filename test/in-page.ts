import type { Page } from 'playwright-core';

// What is asked of a page from inside it. Text, because the tests have no types of a browser.

/** Where an element stands among all, and what it says: enough to find it by. */
const NAMED = `
  const all = [...document.querySelectorAll('*')];
  const nameOf = (element) => (element.getAttribute('aria-label') || element.labels?.[0]?.textContent ||
    element.textContent || element.getAttribute('name') || '').trim().replace(/\\s+/g, ' ').slice(0, 60);
  const placeOf = (element) => all.indexOf(element) + ' ' + element.localName + ' ' + nameOf(element);`;

/** What stands out of the page, out of its main part, or is cut off; but in what can be scrolled by itself. */
export const sticksOut = (page: Page) =>
  page.evaluate(`(() => {${NAMED}
    const root = document.documentElement;
    const main = document.querySelector('main').getBoundingClientRect();
    const scrolls = (element) => ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
    const isInScroller = (element) =>
      element.parentElement !== null && (scrolls(element.parentElement) || isInScroller(element.parentElement));
    const isCut = (element) =>
      ['hidden', 'clip'].includes(getComputedStyle(element).overflowX) && element.clientWidth > 1 &&
      !['meter', 'input'].includes(element.localName) && element.scrollWidth > element.clientWidth + 1;
    const shown = [...document.querySelectorAll('body *')].filter((element) => element.checkVisibility() && !isInScroller(element));
    return [
      ...(root.scrollWidth > root.clientWidth ? ['the page, ' + root.scrollWidth + ' wide'] : []),
      ...shown.filter((element) => {
        const { left, right } = element.getBoundingClientRect();
        return element.closest('main') && !element.closest('svg') && (left < main.left - 1 || right > main.right + 1);
      }).map(placeOf),
      ...shown.filter(isCut).map((element) => placeOf(element) + ' is cut off'),
    ];
  })()`) as Promise<readonly string[]>;

/** What can be pressed or filled in and has no edge: without colours nobody would see it. Links are underlined. */
export const withoutEdge = (page: Page) =>
  page.evaluate(`(() => {${NAMED}
    const hasEdge = (element) => {
      const { borderBottomStyle, borderBottomWidth } = getComputedStyle(element);
      return borderBottomStyle !== 'none' && parseFloat(borderBottomWidth) >= 1;
    };
    const isLink = (element) => getComputedStyle(element).textDecorationLine.includes('underline');
    return [...document.querySelectorAll('button, a.button, input:not([type=hidden]), select, textarea')]
      .filter((element) => element.checkVisibility() && !hasEdge(element) && !isLink(element) &&
        !['checkbox', 'radio'].includes(element.type))
      .map(placeOf);
  })()`) as Promise<readonly string[]>;

/** Fields whose example cannot be read (WCAG 2.2 §1.4.3): axe does not look at those. */
export const faintExamples = (page: Page) =>
  page.evaluate(`(() => {${NAMED}
    const luminance = (colour) => {
      const [red, green, blue] = colour.match(/[\\d.]+/g).map((part) => {
        const share = Number(part) / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    return [...document.querySelectorAll('[placeholder]')].filter((field) => contrast(
      luminance(getComputedStyle(field, '::placeholder').color), luminance(getComputedStyle(field).backgroundColor)) < 4.5).map(placeOf);
  })()`) as Promise<readonly string[]>;

/** What moved while the page was drawn, and by how much (Layout Instability, WICG): nothing should. */
export const shifts = (page: Page) =>
  page.evaluate(`new Promise((told) => {
    const seen = [];
    new PerformanceObserver((list) => seen.push(...list.getEntries())).observe({ type: 'layout-shift', buffered: true });
    const tell = () => told(seen.map(({ value, sources }) =>
      value + ': ' + sources.map(({ node }) => node?.outerHTML?.slice(0, 80)).join(', ')));
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(tell)));
  })`) as Promise<readonly string[]>;

/** All that Tab should come to: of radio buttons of a name one. */
export const tabbable = (page: Page) =>
  page.evaluate(`(() => {${NAMED}
    const isFirst = (element) => element.type !== 'radio' || element === (
      document.querySelector('input[name="' + element.name + '"]:checked') ??
      document.querySelector('input[name="' + element.name + '"]'));
    return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
      .filter((element) => element.checkVisibility() && !element.disabled && isFirst(element)).map(placeOf);
  })()`) as Promise<readonly string[]>;

/** Where the focus is. */
export interface Stop {
  readonly place: string;
  readonly name: string;
  /** Whether it is on the screen, with a ring around it that can be seen, and nothing before it. */
  readonly isSeen: boolean;
}

/** The element that has the focus; null for none. */
export const focused = (page: Page) =>
  page.evaluate(`(() => {${NAMED}
    const element = document.activeElement;
    if (element === null || element === document.body) return null;
    const [box] = element.getClientRects();
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    // Of what is larger than the screen, the part that is on it.
    const [left, top] = [Math.max(0, box.left), Math.max(0, box.top)];
    const [right, bottom] = [Math.min(innerWidth, box.right), Math.min(innerHeight, box.bottom)];
    const there = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return {
      place: placeOf(element),
      name: nameOf(element),
      isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && left < right && top < bottom &&
        there !== null && (element === there || element.contains(there) || there.contains(element)),
    };
  })()`) as Promise<Stop | null>;

/** Presses Tab until it has been everywhere. */
export const tabThrough = async (page: Page): Promise<readonly Stop[]> => {
  const stops: Stop[] = [];
  for (let presses = 0; presses < 500; presses++) {
    await page.keyboard.press('Tab');
    const stop = await focused(page);
    if (stop !== null && stop.place === stops[0]?.place && stops.length > 1) return stops;
    // A field for a date has stops of its own inside.
    if (stop !== null && stop.place !== stops.at(-1)?.place) stops.push(stop);
  }
  throw new Error(`Tab comes to no end: ${stops.map(({ place }) => place).join(', ')}`);
};

import axe from 'axe-core';
import type { Page } from 'playwright-core';

/** WCAG 2.2, levels A and AA, and what is good practice besides. Some rules are off unless they are named. */
const RULES = {
  runOnly: {
    type: 'tag',
    values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'],
  },
  rules: { 'target-size': { enabled: true } },
} as const satisfies axe.RunOptions;

/**
 * What is wrong with a page, and what axe cannot tell: one line for each rule and element. What stands behind letters in a
 * drawing it never can: of those, `test/unit/portal/charts/style.test.ts` knows.
 */
export const violations = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axe.source);
  const found = (await page.evaluate(`axe.run(document, ${JSON.stringify(RULES)})`)) as axe.AxeResults;
  return [...found.violations, ...found.incomplete].flatMap(({ id, nodes }) =>
    nodes.flatMap(({ target, any, all, none }) => {
      if (id === 'color-contrast' && /\btext\b/.test(target.join())) return [];
      const why = [...any, ...all, ...none].map(({ message }) => message).join('; ');
      return `${id} ${target.join(' ')}: ${why}`;
    }),
  );
};

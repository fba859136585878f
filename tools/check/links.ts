import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { documents } from '../documents/blocks.ts';
import { read } from './project.ts';
import { type Outcome, outcomeOf } from './step.ts';

/** Whether what documents link to is there: the file, and the heading in it. What lies on other machines is not asked. */
export const checkLinks = (): Outcome => {
  const links = documents().flatMap((path) => linksOf(path, read(path)));
  return outcomeOf(
    links.flatMap((link) => problemOf(link) ?? []),
    `${links.length} links`,
  );
};

interface Link {
  readonly from: string;
  readonly line: number;
  readonly to: string;
}

/** The links of a document that stay in the project; not those in code. */
export const linksOf = (from: string, text: string): readonly Link[] =>
  withoutCode(text)
    .split('\n')
    .flatMap((line, i) =>
      [...line.matchAll(/\]\(([^()\s]+)\)/g)]
        .map(([, to = '']) => ({ from, line: i + 1, to }))
        .filter(({ to }) => !/^(?:[a-z]+:|\/\/)/.test(to)),
    );

const withoutCode = (text: string): string =>
  text
    .replace(/^([ \t]*)(`{3,})[\s\S]*?^\1\2/gm, (block) => block.replace(/[^\n]/g, ''))
    .replace(/`[^`\n]+`/g, '');

const problemOf = ({ from, line, to }: Link): string | null => {
  const [path = '', anchor] = to.split('#');
  const target = path === '' ? from : normalize(join(dirname(from), path));
  if (!existsSync(target)) return `${from}:${line}: ${to}: there is no ${target}`;
  if (anchor === undefined || !target.endsWith('.md')) return null;
  return anchorsOf(read(target)).has(anchor) ? null : `${from}:${line}: ${target} has no heading #${anchor}`;
};

/** What headings can be linked by, as GitHub makes it of them. */
export const anchorsOf = (text: string): ReadonlySet<string> => {
  const seen = new Map<string, number>();
  const headings = [...withoutFences(text).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = '']) => {
    const anchor = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
  const named = [...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, name = '']) => name);
  return new Set([...headings, ...named]);
};

const withoutFences = (text: string): string => text.replace(/^([ \t]*)(`{3,})[\s\S]*?^\1\2/gm, '');

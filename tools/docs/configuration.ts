import { ROUTE, SETTINGS } from '../../src/config/schema.ts';
import { read } from '../check/project.ts';
import { type Setting, settingsOf } from './configuration/settings.ts';
import { ROUTE_WORDS, SETTINGS_WORDS, type Words } from './configuration/words.ts';

/** Every setting: what it is, by default and at most, from the schema that the Worker judges the file by. */
export const path = 'docs/configuration.md';

const PAGE = 'tools/docs/configuration/page.md';

export const generate = (): string =>
  read(PAGE)
    .replace('<!-- settings -->', () => table(SETTINGS, SETTINGS_WORDS))
    .replace('<!-- routes -->', () => table(ROUTE, ROUTE_WORDS));

const table = (schema: Parameters<typeof settingsOf>[0], words: Readonly<Record<string, Words>>): string => {
  const settings = settingsOf(schema, (path) => words[path]?.like !== undefined);
  const there = new Set(settings.map((setting) => setting.path));
  const unknown = Object.keys(words).filter((path) => !there.has(path));
  if (unknown.length > 0)
    throw new Error(`tools/docs/configuration/words.ts: no such setting: ${unknown.join(', ')}`);
  return [
    '| Setting | Type | Default | Unit, range | Meaning |',
    '|---|---|---|---|---|',
    ...settings.map((setting) => rowOf(setting, words[setting.path])),
  ].join('\n');
};

const rowOf = (setting: Setting, words: Words | undefined): string => {
  if (words === undefined)
    throw new Error(`tools/docs/configuration/words.ts: nobody says what ${setting.path} means`);
  const { unit, range, type, like, says } = words;
  const cells = [
    `\`${setting.path}\``,
    like === undefined ? (type ?? setting.type) : `as ${like}`,
    defaultOf(setting, words),
    [[unit, setting.bounds].filter(Boolean).join(', '), range].filter(Boolean).join('; '),
    says,
  ];
  return `| ${cells.join(' | ')} |`;
};

const defaultOf = ({ isNeeded, default: value }: Setting, { unless }: Words): string => {
  if (unless !== undefined) return unless;
  if (value !== null) return `\`${value}\``;
  return isNeeded ? '–' : 'none';
};

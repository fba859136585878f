import * as z from '../../../src/model/zod.ts';

/** A setting as the schema has it. */
export interface Setting {
  /** `limits.default.requests`; `scopes[…].title` of each member of a table. */
  readonly path: string;
  readonly type: string;
  readonly isNeeded: boolean;
  /** As the file would write it; null where the schema has none. */
  readonly default: string | null;
  /** The bounds of a number, the lengths of a text or a list; empty where there are none. */
  readonly bounds: string;
}

type Schema = z.ZodMiniType;

/** What is known of zod's own description of a schema (zod v4 core, `def`). */
interface Definition {
  readonly type: string;
  readonly innerType?: Schema;
  readonly element?: Schema;
  readonly valueType?: Schema;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly entries?: Readonly<Record<string, string>>;
  readonly values?: readonly unknown[];
  readonly defaultValue?: unknown;
  readonly checks?: readonly { readonly _zod: { readonly def: Readonly<Record<string, unknown>> } }[];
}

const definitionOf = (schema: Schema): Definition => schema._zod.def as unknown as Definition;

/** Every setting of a schema, in its order. `isLike` says of which only the setting itself is wanted, not its members. */
export const settingsOf = (
  schema: Schema,
  isLike: (path: string) => boolean,
  path = '',
): readonly Setting[] => {
  const { inner, isNeeded, fallback } = unwrapped(schema);
  const { type, shape, valueType } = definitionOf(inner);
  const own = { path, type: typeOf(inner), isNeeded, default: fallback, bounds: boundsOf(inner) };
  if (path !== '' && isLike(path)) return [own];
  if (type === 'object') {
    const members = Object.entries(shape ?? {}).flatMap(([name, member]) =>
      settingsOf(member, isLike, path === '' ? name : `${path}.${name}`),
    );
    // What is off until it is said is a setting by itself.
    return isNeeded || fallback !== null ? members : [own, ...members];
  }
  if (valueType === undefined || definitionOf(unwrapped(valueType).inner).type !== 'object') return [own];
  return [own, ...settingsOf(valueType, isLike, `${path}[…]`)];
};

const unwrapped = (
  schema: Schema,
): { readonly inner: Schema; readonly isNeeded: boolean; readonly fallback: string | null } => {
  const { type, innerType, defaultValue } = definitionOf(schema);
  if (innerType === undefined) return { inner: schema, isNeeded: true, fallback: null };
  const { inner } = unwrapped(innerType);
  return { inner, isNeeded: false, fallback: type === 'default' ? written(defaultValue) : null };
};

const written = (value: unknown): string =>
  Array.isArray(value)
    ? `[${value.map(written).join(', ')}]`
    : typeof value === 'string'
      ? `'${value}'`
      : JSON.stringify(value);

const NAMES: Readonly<Record<string, string>> = {
  ...{ string: 'text', number: 'number', boolean: 'boolean', record: 'table', object: 'table' },
};

const typeOf = (schema: Schema): string => {
  const { type, entries, values, element } = definitionOf(schema);
  if (type === 'enum')
    return Object.values(entries ?? {})
      .map(quoted)
      .join(', ');
  if (type === 'literal') return (values ?? []).map((value) => `\`${String(value)}\``).join(', ');
  if (type === 'array') return element && definitionOf(element).type === 'string' ? 'texts' : 'list';
  const name = NAMES[type];
  if (name === undefined) throw new Error(`nobody said what a ${type} is called`);
  return name;
};

const quoted = (value: string): string => `\`'${value}'\``;

const boundsOf = (schema: Schema): string => {
  const { type, element, checks = [] } = definitionOf(schema);
  if (type === 'number') return numbersOf(schema);
  const all = checks.map(({ _zod }) => _zod.def);
  const [least, most] = [bound(all, 'minimum'), bound(all, 'maximum')];
  const many = definitionOf(element ?? schema);
  const choices =
    many.type === 'enum' && element ? Object.values(many.entries ?? {}).map((each) => `\`${each}\``) : [];
  const what = type === 'string' ? ' characters' : '';
  const range =
    most === null
      ? least === null
        ? ''
        : `≥ ${least}`
      : least === null
        ? `≤ ${grouped(most)}${what}`
        : `${least}–${grouped(most)}${what}`;
  return [range, choices.join(' ')].filter((part) => part !== '').join('; ');
};

const bound = (
  checks: readonly Readonly<Record<string, unknown>>[],
  name: 'minimum' | 'maximum',
): number | null => {
  const [found] = checks.flatMap((check) => (typeof check[name] === 'number' ? [check[name]] : []));
  return found ?? null;
};

/** A number says its own bounds when it is given another one: less than nothing is refused everywhere. */
const numbersOf = (schema: Schema): string => {
  const said = z.safeParse(schema, -0.5).error?.issues[0]?.message ?? '';
  const [, least, most] = /^must be a(?: whole)? number from (\d+) to (\d+)$/.exec(said) ?? [];
  if (least === undefined) throw new Error(`a number does not say its bounds: ${said}`);
  return `${grouped(Number(least))}–${grouped(Number(most))}`;
};

const grouped = (value: number): string => value.toLocaleString('en-US');

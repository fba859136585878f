import { html } from 'hono/html';
import type { OpenApi, Schema } from '../openapi/document.ts';
import { type Html, prose, series, table } from './text.ts';

/** What a value may be, in a few words. */
export const typeOf = ({ $ref, allOf, anyOf, enum: values, ...plain }: Schema): Html => {
  const { const: only, items, format, type } = plain;
  if ($ref !== undefined) return html`<a href="#object-${nameOf($ref)}">${nameOf($ref)}</a>`;
  // What it is; what else is said of it there, its description tells.
  if (allOf?.[0] !== undefined) return typeOf(allOf[0]);
  if (anyOf !== undefined) return either(anyOf.map(typeOf));
  if (only !== undefined) return code(only);
  if (values !== undefined) return either(values.map(code));
  if (items !== undefined) return html`list of ${typeOf(items)}`;
  const types = [type ?? 'anything'].flat();
  return either(format === 'date-time' ? types.map((each) => (each === 'string' ? 'time' : each)) : types);
};

const nameOf = (ref: string): string => ref.split('/').at(-1) ?? ref;

const code = (value: unknown): Html => html`<code>${JSON.stringify(value)}</code>`;

const either = (types: readonly unknown[]): Html => series(types, ' or ');

/** What a schema says of a value besides its type: its description, its limits, what it is where nobody sends it. */
export const says = (schema: Schema): Html => {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, minProperties } = notNull(schema);
  return prose(
    [
      ...(schema.description === undefined ? [] : [schema.description]),
      ...between(minimum, maximum, ''),
      ...between(minLength, maxLength, ' characters'),
      ...between(minItems, maxItems, ' of them'),
      ...between(minProperties, undefined, ' members'),
      ...(schema.default === undefined ? [] : [`by default \`${JSON.stringify(schema.default)}\``]),
    ].join('; '),
  );
};

const between = (least: number | undefined, most: number | undefined, of: string): readonly string[] => {
  if (most === undefined) return least === undefined ? [] : [`at least ${least}${of}`];
  return [least === undefined ? `at most ${most}${of}` : `${least} to ${most}${of}`];
};

/** The first that a value may be if it is not null. */
const notNull = (schema: Schema): Schema => schema.anyOf?.find(({ type }) => type !== 'null') ?? schema;

/** The members of an object, and of those in it; another object of the document is a link. */
export const members = (schema: Schema): Html | '' =>
  table(
    ['Member', 'Type', 'Says'],
    rowsOf(schema, '').map(({ path, required, member }) => [
      html`<code>${path}</code>${required ? '' : html` <small>optional</small>`}`,
      typeOf(member),
      says(member),
    ]),
  );

interface MemberRow {
  readonly path: string;
  readonly required: boolean;
  readonly member: Schema;
}

const rowsOf = (schema: Schema, path: string): readonly MemberRow[] => {
  const { properties = {}, required = [], items } = notNull(schema);
  if (items !== undefined) return rowsOf(items, `${path}[]`);
  return Object.entries(properties).flatMap(([name, member]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return [{ path: at, required: required.includes(name), member }, ...rowsOf(member, at)];
  });
};

/** A value that a schema takes: its example, or what must be there at the least. */
export const exampleOf = (schema: Schema, document: OpenApi): unknown => {
  const { $ref, examples = [], enum: values = [], const: only } = schema;
  if ($ref !== undefined) return exampleOf(document.components.schemas[nameOf($ref)] ?? {}, document);
  const given = [...examples, ...values, ...(only === undefined ? [] : [only])];
  if (given.length > 0) return given[0];
  const { type, format, items, properties, required = [], anyOf } = schema;
  if (anyOf !== undefined) return exampleOf(notNull(schema), document);
  if (items !== undefined) return [exampleOf(items, document)];
  if (properties === undefined) return PLAIN[format ?? [type].flat()[0] ?? ''] ?? null;
  return Object.fromEntries(required.map((name) => [name, exampleOf(properties[name] ?? {}, document)]));
};

const PLAIN: Readonly<Record<string, unknown>> = {
  'date-time': '2027-01-01T00:00:00Z',
  string: '…',
  integer: 1,
  number: 1,
  boolean: true,
};

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes `test/emulator/stytch-schemas.json` of Stytch's published OpenAPI: shapes alone, no prose.
 * Run: `npx node tools/stytch-schemas.ts <path of the OpenAPI in YAML>`
 */
type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };
type Line = { readonly indent: number; readonly text: string };

const PROSE = ['description', 'summary', 'title', 'example', 'examples'];
const TARGET = join(import.meta.dirname, '../test/emulator/stytch-schemas.json');

const main = (source: string | undefined): void => {
  if (source === undefined) throw new Error('usage: stytch-schemas.ts <openapi.yml>');
  const lines = readFileSync(source, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(toLine);
  const api = readMapping([...lines], 0, false) as { paths: Paths; components: Value };
  const root = { $id: 'stytch', operations: operations(api.paths), components: api.components };
  writeFileSync(TARGET, `${JSON.stringify(root, null, 1)}\n`);
};

type Response = { content?: { 'application/json': { schema?: Value } } };
type Paths = Record<string, Record<string, { responses: Record<string, Response> }>>;

/** `POST /v1/users` → status → schema. */
const operations = (paths: Paths): Value =>
  Object.fromEntries(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { responses }]) => [
        `${method.toUpperCase()} ${path}`,
        Object.fromEntries(
          Object.entries(responses).flatMap(([status, { content }]) => {
            const schema = content?.['application/json'].schema;
            return schema === undefined ? [] : [[status, schema]];
          }),
        ),
      ]),
    ),
  );

const toLine = (line: string): Line => ({ indent: line.length - line.trimStart().length, text: line.trim() });

/** Reads the small part of YAML that the file uses: blocks, one-line scalars, and prose to skip. */
const readBlock = (lines: Line[], indent: number, isProperties: boolean): Value =>
  lines[0]?.text.startsWith('- ') ? readSequence(lines, indent) : readMapping(lines, indent, isProperties);

const readMapping = (lines: Line[], indent: number, isProperties: boolean): Value => {
  const mapping: Record<string, Value> = {};
  while (lines[0]?.indent === indent && !lines[0].text.startsWith('- ')) {
    const [, key, rest] = /^('[^']*'|[^:]+):(?: (.*))?$/.exec(lines[0].text) ?? fail(lines[0]);
    lines.shift();
    const name = String(readScalar(key ?? ''));
    if (PROSE.includes(name) && !isProperties) skipDeeper(lines, indent);
    else
      mapping[name] =
        rest === undefined ? readNested(lines, indent, name === 'properties') : readScalar(rest);
  }
  return mapping;
};

const readNested = (lines: Line[], indent: number, isProperties: boolean): Value => {
  const [next] = lines;
  const isBlock =
    next !== undefined && (next.indent > indent || (next.indent === indent && next.text.startsWith('- ')));
  return isBlock ? readBlock(lines, next.indent, isProperties) : null;
};

const readSequence = (lines: Line[], indent: number): Value => {
  const items: Value[] = [];
  while (lines[0]?.indent === indent && lines[0].text.startsWith('- ')) {
    const text = lines[0].text.slice(2);
    lines[0] = { indent: indent + 2, text };
    if (/^('[^']*'|[\w$-]+):( |$)/.test(text)) items.push(readMapping(lines, indent + 2, false));
    else {
      items.push(readScalar(text));
      lines.shift();
    }
  }
  return items;
};

const skipDeeper = (lines: Line[], indent: number): void => {
  while (lines[0] !== undefined && lines[0].indent > indent) lines.shift();
};

const readScalar = (text: string): Value => {
  if (/^'.*'$/.test(text)) return text.slice(1, -1).replaceAll("''", "'");
  if (/^(".*"|true|false|null|-?\d+|\{\}|\[\])$/.test(text)) return JSON.parse(text) as Value;
  return text;
};

const fail = ({ text }: Line): never => {
  throw new Error(`this YAML is more than the reader knows: ${text}`);
};

main(process.argv[2]);

import type { OpenApi, OperationObject } from '../openapi/document.ts';
import { exampleOf } from './schema.ts';

/** What one is known by in a line to paste, by the scheme of OpenAPI. */
const VARIABLES: Readonly<Record<string, string>> = {
  session: 'SESSION',
  operator: 'OPERATOR_TOKEN',
  bearer: 'KEY',
};

/** A line for a shell that makes the request; what is in capitals is the reader's to set. */
export const curl = (
  document: OpenApi,
  method: string,
  path: string,
  { security, requestBody }: OperationObject,
): string => {
  const [scheme] = Object.keys(security[0] ?? {});
  const variable = VARIABLES[scheme ?? ''];
  const url = `${document.servers[0]?.url ?? ''}${path}`.replaceAll(
    /\{([a-z_]+)\}/g,
    (_, name: string) => `$${name.toUpperCase()}`,
  );
  const [type = '', media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  return [
    ['curl', ...(method === 'GET' ? [] : ['-X', method]), `"${url}"`].join(' '),
    ...(variable === undefined ? [] : [`-H "Authorization: Bearer $${variable}"`]),
    ...(media === undefined ? [] : bodyOf(type, exampleOf(media.schema, document))),
  ].join(' \\\n  ');
};

const bodyOf = (type: string, example: unknown): readonly string[] =>
  type === 'application/json'
    ? [`-H 'Content-Type: ${type}'`, `-d ${quoted(JSON.stringify(example))}`]
    : Object.entries(example as Record<string, string>).map(
        ([name, value]) => `--data-urlencode ${quoted(`${name}=${value}`)}`,
      );

/** For a shell: nothing between single quotes is read. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

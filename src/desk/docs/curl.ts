import type { OpenApi, OperationObject } from '../openapi/document.ts';
import { exampleOf } from './schema.ts';

/** How one says who one is in a line to paste, by the scheme of OpenAPI. */
const SAID: Readonly<Record<string, string>> = {
  session: '-H "Authorization: Bearer $SESSION"',
  operator: '-H "Authorization: Bearer $OPERATOR_TOKEN"',
  bearer: '-H "Authorization: Bearer $KEY"',
  clientPair: '-u "$CLIENT_ID:$CLIENT_SECRET"',
};

/** A line for a shell that makes the request; what is in capitals is the reader's to set. */
export const curl = (
  document: OpenApi,
  method: string,
  path: string,
  { security, requestBody }: OperationObject,
): string => {
  const [scheme] = Object.keys(security[0] ?? {});
  const said = SAID[scheme ?? ''];
  const url = `${document.servers[0]?.url ?? ''}${path}`.replaceAll(
    /\{([a-z_]+)\}/g,
    (_, name: string) => `$${name.toUpperCase()}`,
  );
  const [type = '', media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  return [
    ['curl', ...(method === 'GET' ? [] : ['-X', method]), `"${url}"`].join(' '),
    ...(said === undefined ? [] : [said]),
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

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
  const schema = requestBody?.content['application/json']?.schema;
  return [
    ['curl', ...(method === 'GET' ? [] : ['-X', method]), `"${url}"`].join(' '),
    ...(variable === undefined ? [] : [`-H "Authorization: Bearer $${variable}"`]),
    ...(schema === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(exampleOf(schema, document)))}`]),
  ].join(' \\\n  ');
};

/** For a shell: nothing between single quotes is read. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

import { isOAuth, type Operation } from '../operation.ts';
import { type Components, openComponents } from './components.ts';
import type { OpenApi, PathItem } from './document.ts';
import { eventsToOperator } from './events.ts';
import { HEADERS } from './headers.ts';
import { describedOperation } from './operation.ts';
import { OAUTH_ERROR, PROBLEM } from './problem.ts';
import { SECURITY_SCHEMES } from './security.ts';

const TAGS: Readonly<Record<string, string>> = {
  Keys: 'What a signed-in user does with his own keys: make, narrow, rotate, revoke, and see how they are used.',
  'Keys of an organisation': 'The same with the keys of an organisation, for members with the role.',
  Operators: "The same for any user, member or organisation, for the operator's own backend.",
  OAuth:
    'For any OAuth 2.0 client: the key of a user is a client_id with its client_secret. Forms, and the errors of RFC 6749.',
  Leaks: 'For whoever finds a key where it does not belong.',
  Webhooks: 'What others tell Latchkey of. They sign it.',
  Trust: 'What others need in order to trust Latchkey, and what it says of itself.',
};

const ABOUT =
  'API keys for users in Stytch. JSON is in snake_case, ids are strings, times are RFC 3339, lists are `{ data, next_cursor }`. Refusals are problem documents (RFC 9457): programs read `status` and `code`.';

/** An OpenAPI 3.1 document of the operations that are served, made from what serves them. */
export const openApiOf = (
  operations: readonly Operation[],
  { deskUrl, version }: { readonly deskUrl: string; readonly version: string },
): OpenApi => {
  const components = openComponents();
  components.schema(PROBLEM, 'output');
  if (operations.some(({ path }) => isOAuth(path))) components.schema(OAUTH_ERROR, 'output');
  const paths = pathsOf(operations, components);
  const webhooks = eventsToOperator(components);
  const { schemas, responses } = components;
  return {
    openapi: '3.1.1',
    info: { title: 'Latchkey', version, description: ABOUT, license: LICENSE },
    servers: [{ url: deskUrl }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map(tagOf),
    ...{ paths, webhooks },
    components: { schemas, responses, headers: HEADERS, securitySchemes: SECURITY_SCHEMES },
  };
};

const LICENSE = { name: 'Apache-2.0', identifier: 'Apache-2.0' };

const tagOf = (name: string) => {
  const description = TAGS[name];
  return description === undefined ? { name } : { name, description };
};

const pathsOf = (operations: readonly Operation[], components: Components): OpenApi['paths'] => {
  const paths: Record<string, PathItem> = {};
  for (const operation of operations) {
    const described = { [operation.method.toLowerCase()]: describedOperation(operation, components) };
    paths[operation.path] = { ...paths[operation.path], ...described };
  }
  return paths;
};

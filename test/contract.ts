import { type Schema, Validator } from '@cfworker/json-schema';
import { afterAll, expect } from 'vitest';
import { VERSION } from '../src/desk/describe.ts';
import {
  type HeaderObject,
  type PathItem,
  type ResponseObject,
  referred,
} from '../src/desk/openapi/document.ts';
import { openApiOf } from '../src/desk/openapi/index.ts';
import { isOAuth } from '../src/desk/operation.ts';
import { deskOperations } from '../src/desk/operations.ts';
import type { DeskPorts } from '../src/desk/ports.ts';
import { dialectOf } from '../src/gate/decision/question.ts';
import { PATHS } from '../src/portal/paths.ts';
import { PORTAL_ROUTES } from './portal-routes.ts';
import settings from './settings.ts';

/**
 * The notary of every test in workerd: each answer of the Desk that a test is given is held against what OpenAPI says
 * of the operation: status, type, headers and every member of the body. When a file is done, all must have fitted.
 */
const faults = new Set<string>();

/** A Desk that asks for all that a Desk can ask for: what tests configure otherwise is refused for fewer reasons. */
const STRICTEST = { deskUrl: `https://${settings.hosts.desk}`, maxAuthAgeSeconds: 60 } as DeskPorts;

/** What is promised of the Desk. */
export const contract = openApiOf(deskOperations(STRICTEST), {
  deskUrl: STRICTEST.deskUrl,
  version: VERSION,
});

afterAll(() => {
  expect([...faults], 'answers that are not what OpenAPI says').toEqual([]);
});

/**
 * Notes what of an answer is not as it was promised; answers of other hosts are nobody's promise, and other proxies are
 * answered in the words of the Gate. Gives it back.
 */
export const witnessed = async (request: Request, response: Response): Promise<Response> => {
  const { host, pathname } = new URL(request.url);
  if (host !== settings.hosts.desk || dialectOf(request.url) !== null) return response;
  const found = isPage(pathname)
    ? pageFaults(new URL(request.url), response)
    : await faultsOf(request.method, pathname, response.clone());
  for (const fault of found) faults.add(`${request.method} ${pathname}: ${response.status}: ${fault}`);
  return response;
};

/** Pages are for people, and no operations. */
const isPage = (pathname: string): boolean => PAGES.some((page) => page.test(pathname));

const PAGES = PORTAL_ROUTES.map(
  ({ path }) => new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+').replace(/\/\*$/, '(?:/.*)?')}$`),
);

/** What every answer of the portal has, whatever it says (SECURITY: WEB-04, WEB-05, WEB-09, WEB-10). */
const PAGE_HEADERS: Readonly<Record<string, RegExp>> = {
  'content-security-policy':
    /^default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'$/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'permissions-policy': /camera=\(\)/,
  'referrer-policy': /^same-origin$/,
  'strict-transport-security': /^max-age=\d{8}/,
  'x-content-type-options': /^nosniff$/,
  'x-frame-options': /^DENY$/,
  'x-request-id': /./,
};

/** Types of what pages load. */
const ASSETS: Readonly<Record<string, RegExp>> = {
  [PATHS.style]: /^text\/css/,
  [PATHS.script]: /^text\/javascript/,
  [PATHS.icon]: /^image\//,
};

/** The operator's logo alone says another policy, under which nothing in it can do anything. */
const ICON_POLICY = /^default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox$/;

const pageFaults = ({ pathname, searchParams }: URL, response: Response): readonly string[] => {
  const asset = response.ok ? ASSETS[pathname] : undefined;
  const isKept = asset !== undefined && searchParams.has('v');
  const expected = {
    ...PAGE_HEADERS,
    ...(asset !== undefined && pathname === PATHS.icon ? { 'content-security-policy': ICON_POLICY } : {}),
    'cache-control': isKept ? /^(public, max-age=31536000, immutable|no-store)$/ : /^no-store$/,
    'content-type': asset ?? (response.status === 303 ? /^$/ : /^text\/html/),
  };
  return Object.entries(expected).flatMap(([name, pattern]) =>
    pattern.test(response.headers.get(name) ?? '') ? [] : [`the header ${name} is not as it must be`],
  );
};

/** What of an answer does not fit, in words; exported for the test of the notary itself. */
export const faultsOf = async (
  method: string,
  pathname: string,
  response: Response,
): Promise<readonly string[]> => {
  const promised = isPreflight(method, response) ? PREFLIGHT : promisedOf(method, pathname, response.status);
  if (promised === null) return ['this status is not declared'];
  const missing = Object.entries(promised.headers ?? {})
    .filter(
      ([name, header]) => referred<HeaderObject>(contract, header).required && !response.headers.has(name),
    )
    .map(([name]) => `the header ${name} is missing`);
  return [...missing, ...(method === 'HEAD' ? [] : await bodyFaults(promised, response))];
};

const bodyFaults = async (
  { content = {} }: ResponseObject,
  response: Response,
): Promise<readonly string[]> => {
  const text = await response.text();
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const media = content[type];
  if (Object.keys(content).length === 0 && text === '') return [];
  if (media === undefined) return [`the type ${type} is not declared`];
  if (!/\bjson$/.test(type)) return text === '' ? ['it is empty'] : [];
  const { valid, errors } = validatorOf(media.schema).validate(JSON.parse(text));
  return valid ? [] : errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
};

/** What of an event to the operator is not as OpenAPI describes it. */
export const eventFaults = (event: { readonly type: string }): readonly string[] => {
  const operation = contract.webhooks[event.type]?.post;
  const schema = operation?.requestBody?.content['application/json']?.schema;
  if (schema === undefined) return [`${event.type} is not declared`];
  return validatorOf(schema)
    .validate(event)
    .errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
};

/** One for each schema: taking the document apart takes a while. */
const validators = new Map<unknown, Validator>();

const validatorOf = (schema: unknown): Validator => {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const { schemas } = contract.components;
  const whole = { ...(schema as Schema), components: { schemas } };
  const made = new Validator(whole, '2020-12', false);
  validators.set(schema, made);
  return made;
};

const promisedOf = (method: string, pathname: string, status: number): ResponseObject | null => {
  const item = itemOf(pathname);
  const operation = item?.[(method === 'HEAD' ? 'GET' : method).toLowerCase() as 'get'];
  const elsewhere = isOAuth(pathname) ? ELSEWHERE_OF_OAUTH : ELSEWHERE;
  const response = operation === undefined ? elsewhere[status] : operation.responses[status];
  return response === undefined ? null : referred<ResponseObject>(contract, response);
};

/** The path that a request is for: of those that fit, the one with the fewest parameters. */
const itemOf = (pathname: string): PathItem | undefined => {
  const fitting = Object.keys(contract.paths).filter((path) =>
    new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{[a-z_]+\}/g, '[^/]+')}$`).test(pathname),
  );
  const [best = ''] = fitting.sort((a, b) => a.split('{').length - b.split('{').length);
  return contract.paths[best];
};

const problem = (code: string): ResponseObject => ({
  description: code,
  headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } },
  content: {
    'application/problem+json': {
      schema: {
        allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { const: code } } }],
      },
    },
  },
});

/** No operation is asked for by a preflight (Fetch), and OpenAPI tells of none. */
const isPreflight = (method: string, { status }: Response): boolean => method === 'OPTIONS' && status === 204;

const PREFLIGHT: ResponseObject = {
  description: 'Which pages may go on',
  headers: {
    'X-Request-Id': { $ref: '#/components/headers/RequestId' },
    Vary: { description: 'What the answer hangs on', required: true, schema: { type: 'string' } },
  },
};

/** Where nothing is served, whoever asks. */
const ELSEWHERE: Readonly<Record<number, ResponseObject>> = {
  404: problem('not_found'),
  405: problem('method_not_allowed'),
  425: problem('early_data'),
  500: problem('internal'),
  503: problem('misconfigured'),
};

const oauthError = (error: string): ResponseObject => ({
  description: error,
  headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } },
  content: {
    'application/json': {
      schema: {
        allOf: [{ $ref: '#/components/schemas/OAuthError' }, { properties: { error: { const: error } } }],
      },
    },
  },
});

/** The same among the OAuth endpoints, in the words of RFC 6749 §5.2. */
const ELSEWHERE_OF_OAUTH: Readonly<Record<number, ResponseObject>> = {
  404: oauthError('not_found'),
  405: oauthError('invalid_request'),
  425: oauthError('invalid_request'),
};

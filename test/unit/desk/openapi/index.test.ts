import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import packageJson from '../../../../package.json' with { type: 'json' };
import { VERSION } from '../../../../src/desk/describe.ts';
import { METHODS, referred, type Schema } from '../../../../src/desk/openapi/document.ts';
import { openApiOf } from '../../../../src/desk/openapi/index.ts';
import { reasonsOf } from '../../../../src/desk/openapi/refusals.ts';
import { isOAuth } from '../../../../src/desk/operation.ts';
import { ANSWERS } from '../../../../src/http/answers.ts';
import * as z from '../../../../src/model/zod.ts';
import { DOCUMENT, OPERATIONS } from '../document.ts';

const listed = (paths: typeof DOCUMENT.paths) =>
  Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ method, path, operation }];
    }),
  );

const described = listed(DOCUMENT.paths);
const events = listed(DOCUMENT.webhooks);
const named = [...described, ...events].map((each) => [each.operation.operationId, each] as const);

/** Everything in the document that has a certain member, wherever it is. */
const having = (value: unknown, member: string): readonly Record<string, unknown>[] => {
  if (typeof value !== 'object' || value === null) return [];
  const within = Object.values(value).flatMap((each) => having(each, member));
  return Object.hasOwn(value, member) ? [value as Record<string, unknown>, ...within] : within;
};

/** Every schema that is a component, a body, an answer or a parameter, each once. */
const schemas = (): readonly Schema[] => {
  const all = [
    ...Object.values(DOCUMENT.components.schemas),
    ...having(DOCUMENT, 'schema').map(({ schema }) => schema as Schema),
  ];
  return [...new Map(all.map((schema) => [JSON.stringify(schema), schema])).values()];
};

const ajv = () => {
  const made = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
  addFormats.default(made);
  return made;
};

describe('the document', () => {
  it('is of OpenAPI 3.1, of this version and of this Desk', () => {
    expect(DOCUMENT).toMatchObject({
      openapi: '3.1.1',
      info: { title: 'Latchkey', version: '1.2.3' },
      servers: [{ url: 'https://keys.acme.com' }],
    });
  });

  it('is plain JSON: what is sent is what was made', () => {
    expect(JSON.parse(JSON.stringify(DOCUMENT))).toEqual(DOCUMENT);
  });

  it('tells of each operation that is served, and of no other', () => {
    const served = OPERATIONS.map(({ method, path }) => `${method} ${path}`);
    expect(described.map(({ method, path }) => `${method.toUpperCase()} ${path}`).sort()).toEqual(
      [...served].sort(),
    );
    expect(new Set(served).size).toBe(served.length);
  });

  it('names each operation once', () => {
    const ids = named.map(([id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z_]+$/);
  });

  it('refers to nothing that is not there', () => {
    const references = having(DOCUMENT, '$ref').map(({ $ref }) => String($ref));
    expect(references.length).toBeGreaterThan(100);
    for (const $ref of references) expect([$ref, referred(DOCUMENT, { $ref })]).not.toContain(undefined);
  });

  it('has no component that nobody refers to', () => {
    const references = new Set(having(DOCUMENT, '$ref').map(({ $ref }) => String($ref)));
    const { schemas, responses, headers, securitySchemes } = DOCUMENT.components;
    for (const [kind, all] of Object.entries({ schemas, responses, headers }))
      for (const name of Object.keys(all)) expect(references).toContain(`#/components/${kind}/${name}`);
    const used = new Set(having(DOCUMENT, 'security').flatMap(({ security }) => keysOf(security)));
    expect(Object.keys(securitySchemes).sort()).toEqual([...used].sort());
  });

  it('names components as OpenAPI allows it', () => {
    for (const kind of Object.values(DOCUMENT.components))
      for (const name of Object.keys(kind)) expect(name).toMatch(/^[a-zA-Z0-9.\-_]+$/);
  });

  it('has a description for each tag', () => {
    for (const tag of DOCUMENT.tags) expect(tag).toEqual({ name: tag.name, description: expect.any(String) });
    const tags = new Set(described.flatMap(({ operation }) => operation.tags));
    expect(DOCUMENT.tags.map(({ name }) => name)).toEqual([...tags]);
  });

  it('says the same of an object wherever it is sent or answered', () => {
    const one = openApiOf(OPERATIONS, { deskUrl: 'x', version: 'x' });
    const other = openApiOf([...OPERATIONS].reverse(), { deskUrl: 'x', version: 'x' });
    expect(other.components.schemas).toEqual(one.components.schemas);
  });

  it('of this project has the version of its package', () => {
    expect(VERSION).toBe(packageJson.version);
  });
});

const keysOf = (security: unknown): readonly string[] =>
  (security as readonly object[]).flatMap((each) => Object.keys(each));

describe.each(named)('%s', (_, { path, method, operation }) => {
  it('declares each parameter of its path, once and required, and no other', () => {
    const inPath = [...path.matchAll(/\{([a-z_]+)\}/g)].map(([, name]) => name);
    const declared = operation.parameters.filter((each) => each.in === 'path');
    expect(declared.map(({ name }) => name)).toEqual(inPath);
    expect(declared.every(({ required }) => required)).toBe(true);
    const names = operation.parameters.map(({ name, in: place }) => `${place} ${name.toLowerCase()}`);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has something to say, and a body only where there can be one', () => {
    expect(operation.summary.length).toBeGreaterThan(5);
    if (operation.requestBody !== undefined) expect(['post', 'put', 'patch']).toContain(method);
  });

  it('answers well somehow, and describes each answer', () => {
    const statuses = Object.keys(operation.responses);
    expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
    for (const response of Object.values(operation.responses))
      expect(referred(DOCUMENT, response).description).toMatch(/./);
  });
});

describe('refusals', () => {
  it.each(OPERATIONS.map((each) => [each.operationId, each] as const))(
    'of %s are told by status and code, all of them',
    (_, operation) => {
      const item = DOCUMENT.paths[operation.path];
      const responses = item?.[operation.method.toLowerCase() as 'get']?.responses ?? {};
      for (const reason of reasonsOf(operation)) {
        const { status, code, oauthError } = ANSWERS[reason];
        const response = responses[status];
        if (response === undefined) throw new Error(`${reason}: ${status} is not told of`);
        const { content } = referred(DOCUMENT, response);
        if (isOAuth(operation.path)) {
          // RFC 6749 §5.2.
          const [base, said] = content?.['application/json']?.schema?.allOf ?? [];
          expect(base).toEqual({ $ref: '#/components/schemas/OAuthError' });
          expect(said?.properties?.error?.enum).toContain(oauthError ?? code);
          continue;
        }
        const schema = content?.['application/problem+json']?.schema;
        expect(schema?.allOf?.[0]).toEqual({ $ref: '#/components/schemas/Problem' });
        expect(schema?.allOf?.[1]?.properties?.status).toEqual({ const: status });
        expect(schema?.allOf?.[1]?.properties?.code?.enum).toContain(code);
      }
    },
  );
});

describe('schemas', () => {
  it.each(schemas())('%j is a JSON Schema of 2020-12, without a word that is none', (schema) => {
    const validator = ajv();
    expect([validator.validateSchema(schema), validator.errors]).toEqual([true, null]);
    const { schemas: components } = DOCUMENT.components;
    const whole = JSON.parse(
      JSON.stringify({ ...schema, $defs: components }).replaceAll('#/components/schemas/', '#/$defs/'),
    );
    expect(() => validator.compile(whole)).not.toThrow();
  });

  it('of bodies take their own examples, and so does what serves them', () => {
    const bodies = OPERATIONS.flatMap(({ body }) => (body === null ? [] : [body]));
    expect(bodies.length).toBeGreaterThan(5);
    for (const body of bodies) {
      const { examples } = z.globalRegistry.get(body) as { readonly examples: readonly unknown[] };
      for (const example of examples) expect(body.safeParse(example).success).toBe(true);
    }
  });
});

import { describe, expect, it } from 'vitest';
import { curl } from '../../../../src/desk/docs/curl.ts';
import { docsPage } from '../../../../src/desk/docs/index.ts';
import { exampleOf } from '../../../../src/desk/docs/schema.ts';
import { type METHODS, type OpenApi, referred, type Schema } from '../../../../src/desk/openapi/document.ts';
import { DOCUMENT, OPERATIONS } from '../document.ts';

const page = await docsPage(DOCUMENT);

/** Every element's start tag of a name, or of any. */
const tags = (html: string, name = '[a-z][a-z0-9]*'): readonly string[] =>
  html.match(new RegExp(`<${name}\\b[^>]*>`, 'g')) ?? [];

const attribute = (html: string, name: string): readonly string[] =>
  [...html.matchAll(new RegExp(` ${name}="([^"]*)"`, 'g'))].map(([, value = '']) => value);

describe('the page', () => {
  it('has no script, no style of its own, no form, no frame, no picture', () => {
    expect(tags(page, '(?:script|style|form|iframe|object|embed|img|base|input|button)')).toEqual([]);
    expect(page).not.toMatch(/\s(?:on[a-z]+|style)=/);
    expect(page).not.toContain('javascript:');
  });

  it('asks no other host: every link stays here', () => {
    const links = [...attribute(page, 'href'), ...attribute(page, 'src')];
    expect(links.length).toBeGreaterThan(200);
    for (const link of links)
      expect(link).toMatch(/^(?:#[A-Za-z_-]+|\/docs\.css|\/openapi\.json|\/problems\/\w+)$/);
  });

  it('leads with each link to something that is there, and has each place once', () => {
    const places = attribute(page, 'id');
    expect(new Set(places).size).toBe(places.length);
    for (const link of attribute(page, 'href').filter((each) => each.startsWith('#')))
      expect(places).toContain(link.slice(1));
  });

  it('closes every element that it opens', () => {
    const open: string[] = [];
    for (const [, closing, name = ''] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/g)) {
      if (['meta', 'link'].includes(name)) continue;
      if (closing === '') open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  it.each(OPERATIONS.map((each) => [each.operationId, each] as const))(
    'tells of %s: what is asked, what is answered, what is refused, and a line to paste',
    (id, operation) => {
      const section = page.split('<section id="').find((each) => each.startsWith(`${id}"`)) ?? '';
      const { method, path, summary, answers } = operation;
      expect(section).toContain(`<b>${method}</b> <code>${path}</code>`);
      expect(section).toContain(escaped(summary));
      expect(attribute(page, 'href')).toContain(`#${id}`);
      for (const status of Object.keys(answers)) expect(section).toContain(`<h4>Answers ${status}</h4>`);
      const described = DOCUMENT.paths[path]?.[method.toLowerCase() as 'get'];
      for (const { name } of described?.parameters ?? []) expect(section).toContain(`<code>${name}</code>`);
      for (const { schema } of Object.values(described?.requestBody?.content ?? {})) {
        const { $ref = '' } = schema;
        const { properties = {} } = $ref === '' ? schema : referred<Schema>(DOCUMENT, { $ref });
        for (const name of Object.keys(properties)) expect(section).toContain(`<code>${name}</code>`);
      }
      for (const response of Object.values(described?.responses ?? {})) {
        const { schema } = referred(DOCUMENT, response).content?.['application/problem+json'] ?? {};
        for (const code of schema?.allOf?.[1]?.properties?.code?.enum ?? [])
          expect(section).toContain(`<a href="/problems/${code}"><code>${code}</code></a>`);
      }
      // A body of which nothing is said but that it is one.
      expect(section).not.toContain(': anything');
      expect(section).toContain('<pre><code>curl ');
    },
  );

  it('tells of each object and of each event', () => {
    for (const name of Object.keys(DOCUMENT.components.schemas))
      expect(page).toContain(`id="object-${name}"`);
    for (const type of Object.keys(DOCUMENT.webhooks))
      expect(page).toContain(`<h3><code>${type}</code></h3>`);
  });

  it('takes nothing that a document says for a tag', async () => {
    const hostile = '<script>alert(1)</script>"\'&`<img src=x>`';
    const text = JSON.stringify(hostile).slice(1, -1);
    const said = JSON.stringify(DOCUMENT).replaceAll(
      /"(summary|description|title|url)":"[^"]*"/g,
      `"$1":"${text}"`,
    );
    const shown = await docsPage(JSON.parse(said) as OpenApi);
    expect(tags(shown, '(?:script|img)')).toEqual([]);
    expect(shown).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });
});

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll("'", '&#39;');

describe('an example', () => {
  it.each(OPERATIONS.flatMap((each) => (each.body === null ? [] : [[each.operationId, each] as const])))(
    'for %s is taken by what serves it',
    (_, { path, method, body }) => {
      const described = DOCUMENT.paths[path]?.[method.toLowerCase() as 'get'];
      const [media] = Object.values(described?.requestBody?.content ?? {});
      const schema = media?.schema ?? {};
      expect(body?.safeParse(exampleOf(schema, DOCUMENT)).error).toBeUndefined();
    },
  );

  it.each([
    [{ type: 'string' }, '…'],
    [{ type: 'string', format: 'date-time' }, '2027-01-01T00:00:00Z'],
    [{ type: 'integer' }, 1],
    [{ type: ['string', 'null'] }, '…'],
    [{ enum: ['a', 'b'] }, 'a'],
    [{ const: 7 }, 7],
    [{ anyOf: [{ type: 'null' }, { type: 'boolean' }] }, true],
    [{ type: 'array', items: { type: 'number' } }, [1]],
    [{ examples: [{ a: 1 }], type: 'object' }, { a: 1 }],
    [{ properties: { a: { type: 'string' }, b: { type: 'string' } }, required: ['b'] }, { b: '…' }],
    [{}, null],
  ] satisfies readonly (readonly [Schema, unknown])[])('of %j is %j', (schema, example) => {
    expect(exampleOf(schema, DOCUMENT)).toEqual(example);
  });
});

describe('a line for a shell', () => {
  const line = (method: (typeof METHODS)[number], path: string): string => {
    const operation = DOCUMENT.paths[path]?.[method];
    if (operation === undefined) throw new Error(`${method} ${path}`);
    return curl(DOCUMENT, method.toUpperCase(), path, operation);
  };

  it('names the credential, and what is to be filled in', () => {
    expect(line('get', '/v1/users/{user_id}/keys/{key_id}/usage')).toBe(
      [
        'curl "https://keys.acme.com/v1/users/$USER_ID/keys/$KEY_ID/usage" \\',
        '  -H "Authorization: Bearer $OPERATOR_TOKEN"',
      ].join('\n'),
    );
    expect(line('post', '/oauth2/introspect').split(' \\\n  ').slice(0, 2)).toEqual([
      'curl -X POST "https://keys.acme.com/oauth2/introspect"',
      '-u "$CLIENT_ID:$CLIENT_SECRET"',
    ]);
    expect(line('post', '/oauth2/device_authorization')).not.toContain(' -u ');
    expect(line('get', '/healthz')).toBe('curl "https://keys.acme.com/healthz"');
  });

  it('has a body where one is wanted', () => {
    expect(line('post', '/v1/keys')).toBe(
      [
        'curl -X POST "https://keys.acme.com/v1/keys" \\',
        '  -H "Authorization: Bearer $SESSION" \\',
        "  -H 'Content-Type: application/json' \\",
        `  -d '{"name":"My script","scopes":["items:read"]}'`,
      ].join('\n'),
    );
  });

  it('keeps a quote within a quote', () => {
    const schema = { examples: [{ name: "Ada's" }] };
    const operation = {
      ...{ operationId: 'x', summary: 'x', security: [], parameters: [], responses: {} },
      requestBody: { required: true, content: { 'application/json': { schema } } },
    } as const;
    expect(curl(DOCUMENT, 'POST', '/x', operation)).toContain(`-d '{"name":"Ada'\\''s"}'`);
  });
});

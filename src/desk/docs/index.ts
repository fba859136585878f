import { html } from 'hono/html';
import type { oas31 } from 'zod-openapi';
import type { OpenApi } from '../openapi/index.ts';
import { type Listed, operationSection } from './operation.ts';
import { members, type Schema, typeOf } from './schema.ts';
import { type Html, prose } from './text.ts';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

/** The reference for people: the whole of a document on one page, without a script. */
export const docsPage = async (document: OpenApi): Promise<string> => {
  const tags = document.tags ?? [];
  const listed = operationsOf(document.paths);
  const events = operationsOf(document.webhooks);
  const { schemas = {}, securitySchemes = {} } = document.components ?? {};
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${document.info.title} reference</title>
<link rel="stylesheet" href="/docs.css">
</head>
<body>
<nav aria-label="Contents">
${tags.map(({ name }) => html`<p>${name}</p><ul>${of(name, listed).map(entry)}</ul>`)}
<p>More</p>
<ul><li><a href="#credentials">Credentials</a></li><li><a href="#events">Events</a></li><li><a href="#objects">Objects</a></li></ul>
</nav>
<main>
<h1>${document.info.title}</h1>
<p>${prose(document.info.description ?? '')}</p>
<p>Version ${document.info.version}, at <code>${document.servers?.[0]?.url ?? ''}</code>. For programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<h2 id="credentials">Credentials</h2>
${Object.entries(securitySchemes).map(([name, scheme]) => credential(name, scheme as oas31.SecuritySchemeObject))}
${tags.map(
  ({ name, description = '' }) => html`<h2>${name}</h2>
<p>${prose(description)}</p>
${of(name, listed).map((each) => operationSection(document, each))}`,
)}
<h2 id="events">Events</h2>
<p>${prose(events[0]?.operation.description ?? '')}</p>
${events.map(event)}
<h2 id="objects">Objects</h2>
${Object.entries(schemas).map(([name, schema]) => object(name, schema))}
</main>
</body>
</html>`;
  return String(await page);
};

const operationsOf = (paths: oas31.PathsObject = {}): readonly Listed[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = (item as oas31.PathItemObject)[method];
      return operation === undefined ? [] : [{ method: method.toUpperCase(), path, operation }];
    }),
  );

const of = (tag: string, listed: readonly Listed[]): readonly Listed[] =>
  listed.filter(({ operation }) => operation.tags?.includes(tag));

const entry = ({ operation: { operationId = '', summary = '' } }: Listed): Html =>
  html`<li><a href="#${operationId}">${summary}</a></li>`;

const credential = (name: string, { description = '' }: oas31.SecuritySchemeObject): Html =>
  html`<p id="credential-${name}"><b>${name}</b>: ${prose(description)}</p>`;

/** What is sent to the operator's URL. */
const event = ({ path, operation }: Listed): Html => {
  const body = operation.requestBody as oas31.RequestBodyObject | undefined;
  return html`<section id="${operation.operationId ?? ''}">
<h3><code>${path}</code></h3>
<p>${operation.summary ?? ''}</p>
${members(body?.content['application/json']?.schema ?? {})}
</section>`;
};

const object = (name: string, schema: Schema): Html => {
  const { description, properties } = schema;
  return html`<section id="object-${name}">
<h3>${name}</h3>
${description === undefined ? '' : html`<p>${prose(description)}</p>`}
${properties === undefined ? html`<p>${typeOf(schema)}</p>` : members(schema)}
</section>`;
};

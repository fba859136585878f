import { html } from 'hono/html';
import { METHODS, type OpenApi, type Schema, type SecurityScheme } from '../openapi/document.ts';
import { type Listed, operationSection } from './operation.ts';
import { members } from './schema.ts';
import { type Html, prose } from './text.ts';

/** The reference for people: the whole of a document on one page, without a script. */
export const docsPage = async (document: OpenApi): Promise<string> => {
  const { info, tags, servers, components } = document;
  const listed = listedIn(document.paths);
  const events = listedIn(document.webhooks);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title} reference</title>
<link rel="stylesheet" href="/docs.css">
</head>
<body>
<nav aria-label="Contents">
${tags.map(({ name }) => html`<p>${name}</p><ul>${of(name, listed).map(entry)}</ul>`)}
<p>More</p>
<ul><li><a href="#credentials">Credentials</a></li><li><a href="#events">Events</a></li><li><a href="#objects">Objects</a></li></ul>
</nav>
<main>
<h1>${info.title}</h1>
<p>${prose(info.description)}</p>
<p>Version ${info.version}, at <code>${servers[0]?.url}</code>. For programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
<h2 id="credentials">Credentials</h2>
${Object.entries(components.securitySchemes).map(credential)}
${tags.map(
  ({ name, description = '' }) => html`<h2>${name}</h2>
<p>${prose(description)}</p>
${of(name, listed).map((each) => operationSection(document, each))}`,
)}
<h2 id="events">Events</h2>
<p>${prose(events[0]?.operation.description ?? '')}</p>
${events.map(event)}
<h2 id="objects">Objects</h2>
${Object.entries(components.schemas).map(object)}
</main>
</body>
</html>`;
  return String(await page);
};

const listedIn = (paths: OpenApi['paths']): readonly Listed[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ method: method.toUpperCase(), path, operation }];
    }),
  );

const of = (tag: string, listed: readonly Listed[]): readonly Listed[] =>
  listed.filter(({ operation }) => operation.tags?.includes(tag));

const entry = ({ operation: { operationId, summary } }: Listed): Html =>
  html`<li><a href="#${operationId}">${summary}</a></li>`;

const credential = ([name, { description }]: [string, SecurityScheme]): Html =>
  html`<p id="credential-${name}"><b>${name}</b>: ${prose(description)}</p>`;

/** What is sent to the operator's URL. */
const event = ({ path, operation: { operationId, summary, requestBody } }: Listed): Html =>
  html`<section id="${operationId}">
<h3><code>${path}</code></h3>
<p>${summary}</p>
${members(requestBody?.content['application/json']?.schema ?? {})}
</section>`;

const object = ([name, schema]: [string, Schema]): Html =>
  html`<section id="object-${name}">
<h3>${name}</h3>
${schema.description === undefined ? '' : html`<p>${prose(schema.description)}</p>`}
${members(schema)}
</section>`;

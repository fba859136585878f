import { html } from 'hono/html';
import {
  type Content,
  type OpenApi,
  type OperationObject,
  type Parameter,
  type ResponseObject,
  referred,
  type Schema,
} from '../openapi/document.ts';
import { curl } from './curl.ts';
import { members, says, typeOf } from './schema.ts';
import { type Html, prose, series, table } from './text.ts';

/** One operation and where it is. */
export interface Listed {
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

/** What can be asked, and what is answered. */
export const operationSection = (document: OpenApi, { method, path, operation }: Listed): Html => {
  const { operationId, summary, description, security, parameters, requestBody, responses } = operation;
  const answers = Object.entries(responses).map(([status, response]) => ({
    status,
    response: referred(document, response),
  }));
  return html`<section id="${operationId}">
<h3>${summary}</h3>
<p class="line"><b>${method}</b> <code>${path}</code></p>
${description === undefined ? '' : html`<p>${prose(description)}</p>`}
${credentials(security)}
${parametersOf(parameters)}
${requestBody === undefined ? '' : bodyOf(document, requestBody.content)}
${answers.map(answerOf)}
${refusalsOf(answers)}
<pre><code>${curl(document, method, path, operation)}</code></pre>
</section>`;
};

const credentials = (security: OperationObject['security']): Html | '' => {
  const names = security.flatMap((each) => Object.keys(each));
  const links = names.map((name) => html`<a href="#credential-${name}">${name}</a>`);
  return links.length === 0 ? '' : html`<p>Credential: ${series(links, ' or ')}</p>`;
};

const parametersOf = (parameters: readonly Parameter[]): Html | '' => {
  const rows = parameters.map(({ name, in: place, required, description, schema }) => [
    html`<code>${name}</code>${required ? '' : html` <small>optional</small>`}`,
    place,
    typeOf(schema),
    says(description === undefined ? schema : { ...schema, description }),
  ]);
  return rows.length === 0 ? '' : html`<h4>Parameters</h4>${table(['Name', 'In', 'Type', 'Says'], rows)}`;
};

/** What is sent is told here, whole. */
const bodyOf = (document: OpenApi, content: Content): Html => {
  const told = Object.entries(content).map(([type, { schema }]) => {
    const { $ref } = schema;
    return [type, { schema: $ref === undefined ? schema : referred<Schema>(document, { $ref }) }] as const;
  });
  return html`<h4>Body</h4>${contents(told)}`;
};

type Media = readonly [type: string, media: { readonly schema: Schema }];

/** What is sent or answered: its members, or where they are told. */
const contents = (media: readonly Media[]): readonly Html[] =>
  media.map(([type, { schema }]) =>
    schema.type === 'object'
      ? html`<p><code>${type}</code></p>${members(schema)}`
      : html`<p><code>${type}</code>: ${typeOf(schema)}</p>`,
  );

interface Answered {
  readonly status: string;
  readonly response: ResponseObject;
}

const PROBLEM = 'application/problem+json';

const answerOf = ({ status, response: { description, content = {}, headers = {} } }: Answered) => {
  const media = Object.entries(content).filter(([type]) => type !== PROBLEM);
  if (media.length === 0 && PROBLEM in content) return '';
  const named = Object.keys(headers).filter((name) => name !== 'X-Request-Id');
  const codes = named.map((name) => html`<code>${name}</code>`);
  return html`<h4>Answers ${status}</h4>
<p>${prose(description)}${codes.length === 0 ? '' : html`. Headers: ${series(codes, ', ')}`}</p>
${contents(media)}`;
};

/** The codes of its problems, each with a link to its page. */
const refusalsOf = (answers: readonly Answered[]): Html | '' => {
  const rows = answers.flatMap(({ status, response }) => {
    const { allOf = [] } = response.content?.[PROBLEM]?.schema ?? {};
    const codes = allOf.flatMap(({ properties }) => properties?.code?.enum ?? []);
    return codes.map((code) => [status, html`<a href="/problems/${code}"><code>${code}</code></a>`]);
  });
  return rows.length === 0
    ? ''
    : html`<details><summary>Refusals</summary>${table(['Status', 'Code'], rows)}</details>`;
};

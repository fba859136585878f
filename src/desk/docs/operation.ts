import { html } from 'hono/html';
import type { oas31 } from 'zod-openapi';
import type { OpenApi } from '../openapi/index.ts';
import { curl } from './curl.ts';
import { members, type Schema, says, typeOf } from './schema.ts';
import { type Html, prose, table } from './text.ts';

/** One operation and where it is. */
export interface Listed {
  readonly method: string;
  readonly path: string;
  readonly operation: oas31.OperationObject;
}

/** What can be asked, and what is answered. */
export const operationSection = (document: OpenApi, { method, path, operation }: Listed): Html => {
  const { operationId = '', summary = '', description, security = [] } = operation;
  const answers = responsesOf(document, operation);
  return html`<section id="${operationId}">
<h3>${summary}</h3>
<p class="line"><b>${method}</b> <code>${path}</code></p>
${description === undefined ? '' : html`<p>${prose(description)}</p>`}
${who(security)}
${parameters(operation)}
${body(operation)}
${answers.flatMap(({ status, response }) => answer(status, response))}
${refusals(answers)}
<pre><code>${curl(document, method, path, operation)}</code></pre>
</section>`;
};

const who = (security: readonly oas31.SecurityRequirementObject[]): Html | '' => {
  const schemes = security.flatMap((each) => Object.keys(each));
  if (schemes.length === 0) return '';
  const links = schemes.map(
    (name, i) => html`${i === 0 ? '' : ', '}<a href="#credential-${name}">${name}</a>`,
  );
  return html`<p>Credential: ${links}</p>`;
};

const parameters = ({ parameters: list = [] }: oas31.OperationObject): Html | '' => {
  const rows = (list as readonly oas31.ParameterObject[]).map(({ name, in: place, required, schema }) => [
    html`<code>${name}</code>${required === true ? '' : html` <small>optional</small>`}`,
    place,
    schema === undefined ? '' : typeOf(schema),
    schema === undefined ? '' : says(schema),
  ]);
  return rows.length === 0 ? '' : html`<h4>Parameters</h4>${table(['Name', 'In', 'Type', 'Says'], rows)}`;
};

const body = ({ requestBody }: oas31.OperationObject): Html | '' => {
  if (requestBody === undefined) return '';
  const [media] = Object.entries((requestBody as oas31.RequestBodyObject).content);
  return media === undefined ? '' : html`<h4>Body</h4>${content(media)}`;
};

/** A body, or what is answered: its members, or where they are told. */
const content = ([type, { schema }]: [string, oas31.MediaTypeObject]): Html => {
  const told: Schema = schema ?? {};
  const inner = told.type === 'object';
  return html`<p><code>${type}</code>${inner ? '' : html`: ${typeOf(told)}`}</p>${inner ? members(told) : ''}`;
};

interface Answered {
  readonly status: string;
  readonly response: oas31.ResponseObject;
}

const responsesOf = (document: OpenApi, { responses = {} }: oas31.OperationObject): readonly Answered[] =>
  Object.entries(responses as Record<string, oas31.ResponseObject & oas31.ReferenceObject>).map(
    ([status, response]) => {
      const name = response.$ref?.split('/').at(-1);
      const found = name === undefined ? response : document.components?.responses?.[name];
      return { status, response: found as oas31.ResponseObject };
    },
  );

const PROBLEM = 'application/problem+json';

const answer = (status: string, { description, content: media = {}, headers = {} }: oas31.ResponseObject) => {
  const bodies = Object.entries(media).filter(([type]) => type !== PROBLEM);
  if (bodies.length === 0 && Number(status) >= 400) return [];
  const named = Object.keys(headers).filter((name) => name !== 'X-Request-Id');
  return [
    html`<h4>Answers ${status}</h4>
<p>${prose(description)}${named.length === 0 ? '' : html`. Headers: ${named.map((name, i) => html`${i === 0 ? '' : ', '}<code>${name}</code>`)}`}</p>
${bodies.map((each) => content(each))}`,
  ];
};

/** A problem's codes, each with a link to its page. */
const refusals = (answers: readonly Answered[]): Html | '' => {
  const rows = answers.flatMap(({ status, response }) => {
    const schema: Schema = response.content?.[PROBLEM]?.schema ?? {};
    const codes = schema.allOf?.flatMap(({ properties }) => properties?.code?.enum ?? []) ?? [];
    return codes.map((code) => [status, html`<a href="/problems/${code}"><code>${code}</code></a>`]);
  });
  return rows.length === 0
    ? ''
    : html`<details><summary>Refusals</summary>${table(['Status', 'Code'], rows)}</details>`;
};

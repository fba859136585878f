import { html } from 'hono/html';

/** What `html` makes: text that was escaped where it was put in. */
export type Html = ReturnType<typeof html>;

/** A sentence in which `backticks` set code apart, as in descriptions of OpenAPI. */
export const prose = (text: string): Html =>
  html`${text.split('`').map((part, i) => (i % 2 === 0 ? part : html`<code>${part}</code>`))}`;

/** One after the other, with something between. */
export const series = (items: readonly unknown[], between: string): Html =>
  html`${items.map((item, i) => html`${i === 0 ? '' : between}${item}`)}`;

/** A table with a heading for each column; nothing where there are no rows. */
export const table = (heads: readonly string[], rows: readonly (readonly unknown[])[]): Html | '' =>
  rows.length === 0
    ? ''
    : html`<div class="wide"><table>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
</table></div>`;

import { LOBBY_SCHEMA } from '../../src/ring/lobby/schema.ts';
import { SCHEMA } from '../../src/ring/tables/schema.ts';
import { type Schema, VERSION_TABLE, versionOf } from '../../src/ring/tables/versions.ts';
import { KV_ENTRIES } from '../../src/store/layout.ts';

/** docs/storage.md, from the layout of KV and the schemas of Ring and Lobby. */
export const path = 'docs/storage.md';

export const generate = (): string => `# What is stored, and where

Made from \`src/store/layout.ts\`, \`src/ring/tables/schema.ts\` and \`src/ring/lobby/schema.ts\` by
\`node tools/check/docs.ts --write\`; do not edit.

Nothing here lets anybody in: no key, no client secret, no usable token. A token is kept only sealed under the very
credential that it stands for.

## Workers KV (binding \`VAULT\`)

| Entry | Value | Lives |
|---|---|---|
${Object.values(KV_ENTRIES)
  .map(({ pattern, value, lifetime }) => `| \`${pattern}\` | ${value} | ${lifetime} |`)
  .join('\n')}

An entry can be lost, stale or forged without consequence: a miss costs a call to the Ring, and what does not open,
or is not of the Ring's generation, is a miss.

## Durable Object \`KeyRing\` (binding \`KEY_RING\`), one for each owner

Named by the ring part of its keys: the first 96 bits of a hash over project, kind and id of the owner. SQLite.

\`\`\`sql
${written(SCHEMA.tables)}
\`\`\`

Times are milliseconds since 1970, but \`expires_at\` and \`token_expires_at\` of tokens and secrets, which are
NumericDates (seconds). \`meter.state\` is JSON: see docs/leases.md.

## Rate limit (binding \`STRANGERS\`)

Kept by the platform, for a period of at most a minute: how often \`<place> <address>\` was asked for, where the address is
an IPv4 address, the /64 of an IPv6 one, or \`unknown\`. No credential is ever counted so.

## Durable Object \`Lobby\` (binding \`LOBBY\`), 64 of them

What no owner is known for yet: M2M clients that Latchkey did not make. Named \`lobby-00\` to \`lobby-63\`, by hash of the
client_id, so that nobody can make more of them. Pairs that Stytch never accepted leave a row for a minute, of which
there are 120 at the most; every other row is of a client that Stytch or an operator vouched for. SQLite.

\`\`\`sql
${written(LOBBY_SCHEMA.tables)}
\`\`\`

Times are milliseconds since 1970, but \`token_expires_at\`, which is a NumericDate (seconds).

## Versions

Every Durable Object has one more table, which says what the others are; without it they are of version 1:

\`\`\`sql
${written([VERSION_TABLE])}
\`\`\`

When an object wakes under newer code, what is missing is added before anything else happens, all of it or nothing. A
step only adds: tables, indexes, columns that may be null. So code of the version before goes on working on what
newer code left, as happens while a deployment is rolled out or taken back. Entries of KV carry the version of their form
in their name or at their beginning; one of another form is a miss. See docs/decisions/0040-versions-of-what-is-stored.md.

${[versionsOf('KeyRing', SCHEMA), versionsOf('Lobby', LOBBY_SCHEMA)].join('\n\n')}
`;

const versionsOf = (name: string, schema: Schema): string =>
  [
    `\`${name}\` is at version ${versionOf(schema)}.`,
    ...schema.steps.map(
      (step, i) =>
        `To version ${i + 2}: ${step.map((statement) => `\`${firstLine(statement)}\``).join(', ')}.`,
    ),
  ].join(' ');

const firstLine = (statement: string): string => statement.replace(/ \([\s\S]*$/, '');

const written = (schema: readonly string[]): string =>
  schema.map((statement) => `${statement.replace(/^ {4}/gm, '  ').replace(/^ {2}\)/gm, ')')};`).join('\n\n');

import { SCHEMA } from '../../src/ring/schema.ts';
import { KV_ENTRIES } from '../../src/store/layout.ts';

/** docs/storage.md, from the layout of KV and the schema of the Ring. */
export const path = 'docs/storage.md';

export const generate = (): string => `# What is stored, and where

Made from \`src/store/layout.ts\` and \`src/ring/schema.ts\` by \`node tools/check/docs.ts --write\`; do not edit.

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
${SCHEMA.map((statement) => `${statement.replace(/^ {4}/gm, '  ').replace(/^ {2}\)/gm, ')')};`).join('\n\n')}
\`\`\`

Times are milliseconds since 1970, but \`expires_at\` and \`token_expires_at\` of tokens and secrets, which are
NumericDates (seconds). \`meter.state\` is JSON: see docs/leases.md.

## Rate limit (binding \`STRANGERS\`)

Kept by the platform, for a period of at most a minute: how often \`<place> <address>\` was asked for, where the address is
an IPv4 address, the /64 of an IPv6 one, or \`unknown\`. No credential is ever counted so.
`;

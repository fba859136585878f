import { BLOBS, DOUBLES, INDEX, POINT_VERSION } from '../../src/model/data-point.ts';

/** docs/fields.md, from the columns that data points are made of, and from what each field of the log says. */
export const path = 'docs/fields.md';

type Column = (typeof BLOBS)[number] | (typeof DOUBLES)[number] | typeof INDEX;

/** Of a request. */
const OF_REQUESTS = {
  event: '`request`; the others are above',
  request_id: 'also in the answer and at the origin, as `X-Request-Id`',
  trace_id: 'of the trace that the request is in (W3C Trace Context), at an API host',
  span_id: 'of the request at the edge: what the origin is told its parent is',
  host: '`api`, or `desk`, its pages among it',
  method: 'as it was asked; not what is none',
  route: 'the pattern that matched, never the path',
  decision:
    '`forwarded`; `decided`, for another proxy; `answered`, by the Desk, or by the Gate itself; `refused`; `failed` for a bug',
  asked_by: '`proxy`, where another proxy asked for the decision alone: docs/decision-endpoint.md',
  reason: 'why it was refused: docs/refusals.md',
  because:
    'why exactly, which nobody else is told; of `unavailable`, who is silent: `stytch`, `ring` or `jwks`; of `health`, what is not well',
  status: 'of the answer',
  country: 'by Cloudflare, two letters; not where another proxy asked',
  colo: "Cloudflare's data centre, three letters",
  credential:
    'its kind, as the origin reads it in `X-Latchkey-Auth`; of one that nobody got to know, what it was presented as: `jwt`, `pair`, `api_key`, `client_credentials`, `unknown`, `unsupported`, `none`',
  key_id: 'the public id of the key or client: of a key of ours, once its tag has shown that it is one',
  ring: "the name of the owner's Ring, as it stands in each of his keys: 17 characters, no name and no address",
  tier: 'where what is known came from: `memory`, `lease` (the Ring was asked), `kv`, `ring`, `exchange`, `grace`',
  exchanges: 'tokens that Stytch gave while somebody waited: 0 or 1',
  gate_ms: 'ours, up to the decision, with all waiting in it',
  origin_ms: "to the head of the origin's answer",
  ring_ms: 'waited for Rings and Lobbies, without Stytch',
  kv_ms: 'waited for KV',
  stytch_ms: 'waited for Stytch',
  units: 'spent of the limit: the cost of the route, 0 for who was refused',
  bytes: 'of the answer, where it says so (`Content-Length`)',
  share:
    'the part of lines like this one that is written: each stands for 1 / `share`. 1 for what is always written',
  error: 'of a bug: its name',
  stack: 'and where it was',
} as const;

/** Of other events; each has some of them. */
const OF_EVENTS = {
  outcome: 'how it ended',
  id: 'of the reconciliation, or of the event that was to be delivered',
  kid: 'the assertion key that signs',
  jwks_age_seconds: "how old Stytch's signing keys are that this isolate holds",
  spent: 'tokens of an owner today, so far',
  saved: 'tokens that he would have cost besides, so far',
  attempts: 'how often it was tried',
  tries: 'the same, of a page of clients',
  kind: 'what was to be done at Stytch',
  type: 'of the event that was to be delivered',
  lobby: 'which of the 64',
  scopes: 'which budget is used up',
  client_id: 'of a client that was not made here',
  dry_run: 'whether a reconciliation changes nothing',
  clients: 'that a reconciliation has seen',
  same: 'of them, as they should be',
  young: 'made a moment ago',
  orphan: 'ours, and known by no Ring',
  unmarked: 'of our grammar, without our mark',
  ended: 'of keys that have ended',
  deactivated: 'made inactive at Stytch',
  drifted: 'not what their key is',
  foreign: 'none of ours',
  failed: 'not judged',
  orphans_left: 'that were not deleted',
  problems: 'what is wrong with the configuration',
  warning: 'what is allowed in it, and probably not meant',
} as const;

/** What each field of a line says. A column that is none of them does not compile. */
export const FIELDS: Readonly<Record<string, string>> & Readonly<Record<Column, string>> = {
  ...OF_REQUESTS,
  ...OF_EVENTS,
};

/** What a line can be of. */
export const EVENTS: Readonly<Record<string, string>> = {
  request: 'a request',
  closed: 'an answer or a WebSocket was broken off: its credential no longer holds (`reason`)',
  health: 'each day: whether Stytch, KV, a Lobby and our keys can be had, and which key signs',
  reconciliation: 'one is over, held up, or could not begin',
  tokens: 'a Ring told how many tokens its owner spent and saved today: at most once an hour',
  refresh: 'a token was replaced before its end, while nobody waited. A point only, never a line',
  token: 'a token is not what was asked for, or a JWT not what it says: look at the claims template',
  exchange: 'Stytch gave no token, or one of another owner',
  issue: 'Stytch made no client for a key',
  rotate: 'Stytch did not rotate',
  import: 'a client could not be imported',
  confirm: 'Stytch did not say whether a client is still there',
  ledger: 'something is still to be done at Stytch, and is tried again',
  events: 'an event could not be delivered',
  export: 'an export broke off',
  ring: 'a Ring or a Lobby failed, or was `overloaded`',
  vault: 'what stands in KV or a Ring is not what we wrote there',
  jwks: 'the copy of the signing keys in KV is not ours',
  throttle: 'the rate-limit binding failed: strangers pass',
  budget: 'somebody tries secrets of clients, or codes of devices, and is held up',
  decision: 'a proxy asked for one and did not prove itself (`not_proven`)',
  misconfigured: 'the configuration is not valid: nothing is served',
  warning: 'something in the configuration is probably not meant',
};

/** What each column holds, by its name: `blob3` is the event. */
export const COLUMNS: ReadonlyMap<string, string> = new Map([
  ['index1', INDEX],
  ['blob1', 'version'],
  ['blob2', 'version_id'],
  ...BLOBS.map((field, i) => [`blob${i + 3}`, field] as const),
  ...DOUBLES.map((field, i) => [`double${i + 1}`, field] as const),
]);

/** What has a column, and is no field of a line. */
const OF_ALL: Readonly<Record<string, string>> = {
  version: `\`${POINT_VERSION}\`: of this table`,
  version_id: 'of the Worker (binding `VERSION`), by which a gradual deployment can be looked at',
};

const row = (name: string, says: string): string => `| \`${name}\` | ${says} |`;

const columnRow = ([column, field]: readonly [string, string]): string =>
  `| \`${column}\` | \`${field}\` | ${OF_ALL[field] ?? FIELDS[field as Column]} |`;

const rows = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, says]) => row(name, says))
    .join('\n');

export const generate = (): string => `# Fields

Made from \`src/model/data-point.ts\` and \`tools/docs/fields.ts\` by \`node tools/check/docs.ts --write\`; do not edit. How to use them:
[seeing.md](seeing.md). Every test in workerd fails on a line with a field or an event that is not here.

No line and no point holds a key, a secret or a token: a test for each of them, \`test/secrets.ts\`, searches what was written.

## Events

| \`event\` | A line of |
|---|---|
${rows(EVENTS)}

## A request

One line of JSON for each. What does not apply is \`null\`, or not there.

| Field | Says |
|---|---|
${rows(OF_REQUESTS)}

## What else

| Field | Says |
|---|---|
${rows(OF_EVENTS)}

## Columns of Analytics Engine

Every line is a point, whether or not it is written. A text that a line has not is empty, a number 0. New columns come at the end; if one ever comes to
mean something else, the version changes.

| Column | Field | Says |
|---|---|---|
${[...COLUMNS].map(columnRow).join('\n')}

Besides, Analytics Engine has \`timestamp\`, \`dataset\` and \`_sample_interval\`: how many points a row stands for. It keeps them for three months.
`;

/** What a row of the reference says besides what the schema says by itself. */
export interface Words {
  /** What kind of text it is, where it is more than a text. */
  readonly type?: string;
  /** What holds where nothing is said, where the schema has no default. */
  readonly unless?: string;
  /** Of a number. */
  readonly unit?: string;
  /** What it may be, besides the bounds that the schema has. */
  readonly range?: string;
  /** What it is like, where it has the shape of another setting: its own members are not listed. */
  readonly like?: string;
  readonly says: string;
}

/** Of the file, by the path of the setting; `[…]` is any member of a table. */
export const SETTINGS_WORDS: Readonly<Record<string, Words>> = {
  brand: { range: '`[a-z][a-z0-9]{1,11}`', says: 'first word of every key: `acme_live_…`' },
  formerBrands: { says: 'brands of before; their keys stay good' },
  'stytch.projectId': {
    range: '`project-test-…`, `project-live-…`',
    says: 'the Stytch project; decides whether keys say `test` or `live`',
  },
  'stytch.vertical': { says: "which of Stytch's products the project is" },
  'stytch.domain': {
    type: 'host',
    unless: 'none',
    says: "the project's custom domain, a second issuer of its tokens",
  },
  'stytch.ownerClaim': {
    range: '1–128 printable ASCII, no registered claim',
    says: "the token's claim that names the owner of a client",
  },
  'hosts.api': { type: 'hosts', says: 'hosts whose requests go to the origin' },
  'hosts.desk': {
    type: 'host',
    range: 'another host name than every API host, whatever the port',
    says: 'portal, key management, OAuth',
  },
  'origin.url': {
    type: 'URL',
    range: '`https://host[:port]`, no path, not one of our hosts',
    unless: 'one of these three',
    says: 'where requests go',
  },
  'origin.binding': {
    range: 'name of a service binding in `wrangler.toml`',
    says: 'the Worker that requests go to',
  },
  'origin.zone': { says: "requests go to the zone's own origin" },
  'origin.id': { range: '1–256 printable ASCII', says: 'audience of the assertion' },
  'origin.timeoutSeconds': { unit: 'seconds', says: "to the head of the origin's response" },
  'origin.keepCookies': { says: "whether this origin is sent the client's cookies" },
  'desk.maxAuthAgeSeconds': {
    unit: 'seconds',
    unless: 'any',
    says: 'greatest time since the user of a session signed in with which a key is made, or a device let in (there a day by default); see [Fresh sign-ins](#fresh-sign-ins)',
  },
  'desk.organizationRoles': {
    range: "only with `vertical: 'b2b'`",
    says: 'Stytch roles of members who manage the keys that belong to their organisation (`/v1/organization/…`)',
  },
  'desk.origins': {
    range: 'exact: `https://app.acme.com`',
    says: 'browser origins whose pages may call at the Desk what a session may, and read the answers: docs/embedding.md. Variable `DESK_ORIGINS`',
  },
  events: {
    unless: 'nobody is told',
    range: 'needs `EVENTS_SECRET`',
    says: 'tells your backend what happens to keys: docs/events.md',
  },
  'events.url': {
    type: 'URL',
    range: '`https://…`, no user, no fragment, not one of our hosts',
    says: 'where the operator is told of what happens to keys: docs/events.md',
  },
  'events.expiringDays': { unit: 'days', says: 'how long before its end a key is told of' },
  'events.unusedDays': { unit: 'days', says: 'after how long without use a key is told of' },
  decision: {
    range: 'needs `DECISION_SECRET`',
    unless: 'nobody is answered',
    says: "lets other proxies ask for the Gate's decision alone: docs/decision-endpoint.md",
  },
  'decision.addressHeader': {
    range: 'name of a header',
    says: "where the proxy says its client's address: one, and nothing else. `X-Real-IP` is Cloudflare's own to write",
  },
  auditDays: {
    unit: 'days',
    says: 'for how long the audit trail is kept, and what is left of a deleted owner',
  },
  operators: {
    range:
      "ids made at Stytch, of the project's environment: `m2m-client-…`; `user-…`, or `member-…` with `vertical: 'b2b'`",
    says: "clients of your own backend, for whose tokens `latchkey:admin` is honoured, and people to whom the operators' pages are open: docs/operators.md",
  },
  scopes: {
    range: 'name: RFC 6749 §3.3 scope-token, ≤ 128; `latchkey:*` is reserved',
    says: 'every scope there is',
  },
  'scopes[…].title': { says: 'what people are shown' },
  'scopes[…].description': { unless: 'none', says: 'the same at length' },
  'scopes[…].selfService': { says: 'whether users can give it to their own keys' },
  roles: {
    range: 'scopes of the file, by Stytch role',
    says: 'what a user in that role may do with a session, and give to a key where the scope is `selfService`',
  },
  deviceClients: {
    range: 'by client_id: 2 to 64 of `[a-z0-9-]`, a letter first, not `m2m-…`',
    says: 'CLIs that a user lets in from a browser (RFC 8628): docs/oauth.md',
  },
  'deviceClients[…].title': { says: 'what users are told that it is' },
  'deviceClients[…].scopes': {
    range: 'each once, in `scopes` and `selfService`',
    unless: 'all with `selfService`',
    says: 'the scopes that it may ask for',
  },
  'deviceClients[…].keyDays': {
    unit: 'days',
    unless: 'without end',
    says: 'how long a key lasts that is made for it',
  },
  'portal.loginUrl': {
    type: 'URL',
    range: "`https://…`, no user, no fragment, not the Desk's host",
    unless: 'none',
    says: 'where users sign in, in your app, when they come to a page of the Desk without a session. Variable `LOGIN_URL`',
  },
  'portal.returnParameter': {
    range: '1 to 64 of `[A-Za-z0-9_.-]`',
    unless: '`return_to`',
    says: 'the query parameter that tells your app where to send them back to',
  },
  'portal.title': { unless: 'the brand, with a capital', says: 'what the pages call you' },
  'portal.logo': {
    range:
      'SVG that begins with `<svg`, or `data:image/svg+xml;base64,…`, `image/png`, `image/webp`; ≤ 16,384 bytes',
    unless: 'a key',
    says: "your picture at the head of every page, and in the browser's tab; see [Logo](#logo)",
  },
  'portal.accent': {
    type: 'colour',
    range: '`#rrggbb`',
    unless: 'a blue',
    says: 'of links and buttons. Where it could not be read on the pages (contrast under 4.5:1, WCAG 2.2 §1.4.3), it is made darker in the light theme, lighter in the dark one, by as little as is needed',
  },
  'limits.default.requests': {
    unit: 'units',
    says: "units in any interval of `perSeconds`, over all of an owner's keys",
  },
  'limits.default.perSeconds': { unit: 'seconds', says: 'length of the interval' },
  'limits.default.perMonth': {
    unit: 'units',
    unless: 'no quota',
    says: "units in a UTC month, over all of an owner's keys",
  },
  'limits.plans': {
    like: '`limits.default`, by name',
    range: 'name: `[a-z][a-z0-9_-]{0,31}`, not `default`',
    says: 'other limits, which an operator can give to an owner',
  },
  'limits.keysPerUser': { unit: 'keys', says: 'live keys per owner' },
  leaseSeconds: {
    unit: 'seconds',
    says: 'for how long a location may admit without asking; how soon a revocation is in force everywhere (with `ringGraceSeconds`: their sum)',
  },
  ringGraceSeconds: {
    unit: 'seconds',
    says: "for how long isolates go on by themselves while an owner's Ring is silent, each repeating its own past; as much later a revocation is in force everywhere. 0: only leases in hand are served. See docs/leases.md",
  },
  stytchGraceSeconds: {
    unit: 'seconds',
    says: 'for how long what was valid keeps working while Stytch cannot be reached',
  },
  foreignClients: {
    says: 'which M2M clients that Latchkey did not make are taken: none, those that were given an owner here, every client of the project. Of no others is Stytch even asked',
  },
  ownerlessClients: {
    says: 'what a foreign client is whose token names no owner: nobody, or an owner of its own, with a limit of its own',
  },
  headerPrefix: {
    range: '2–40 characters, words joined by `-`, covering no header in use',
    says: 'of the headers that the origin reads',
  },
  stripPrefixes: {
    range: 'lower-case header names',
    says: 'beginnings of header names that no client may send, besides those that never pass',
  },
  pathParams: { says: 'whether `;` may stand in a path; origins disagree on what follows it' },
  forbiddenQuery: {
    range: '`[a-z0-9_]{1,64}`',
    unless: '`access_token`, `api_key`, `apikey`',
    says: 'query parameters that are refused because they carry credentials, at the API and at the Desk. Names are compared decoded, in lower case, other characters as `_`',
  },
  routes: { says: 'what is served; see below' },
  'log.sample': {
    unit: 'share',
    says: 'which part of the requests that were let in is written to the log; what is refused, fails or is slow always is. See docs/seeing.md',
  },
  'log.slowMs': { unit: 'ms', says: 'from this long on a request is slow' },
  traceContext: {
    says: "whether a trace that a client says it is in (`traceparent`, W3C Trace Context) goes on at the origin, or one of the edge's own begins there. See docs/seeing.md",
  },
  'cors.origins': {
    range: 'exact: `https://app.acme.com`',
    says: 'browser origins whose scripts may call the API and read its answers; see below',
  },
};

/** Of a route. */
export const ROUTE_WORDS: Readonly<Record<string, Words>> = {
  path: { type: 'pattern', range: 'canonical', says: 'see below' },
  methods: {
    unless: 'all',
    says: 'GET covers HEAD; OPTIONS must be listed where a list is given',
  },
  auth: {
    unless: "`'required'`",
    says: '`optional`: no credential is anonymous, a bad one is 401. `none`: credentials are removed unread',
  },
  credentials: {
    unless: 'all',
    says: "kinds of credential accepted; another is 403. All of them spend the owner's limit, and end with a suspension",
  },
  scopes: { range: 'scopes of the file', unless: '`[]`', says: 'all of them are needed, compared whole' },
  cost: {
    unit: 'units',
    range: 'at most the smallest limit',
    unless: '`1`',
    says: 'what one request takes of the limit',
  },
  maxBodyBytes: { unit: 'bytes', unless: 'no limit', says: 'longest request body' },
  leaseSeconds: {
    unit: 'seconds',
    unless: "the file's",
    says: 'greatest age of a lease that is accepted; 0 asks for every request',
  },
  maxAuthAgeSeconds: {
    unit: 'seconds',
    range: "needs `credentials: ['session']` and `auth: 'required'`",
    unless: 'any',
    says: 'greatest time since the user of a session signed in; see [Fresh sign-ins](#fresh-sign-ins)',
  },
  assertion: {
    unless: "`'identity'`",
    says: 'what the assertion is bound to: who calls, or this very request too',
  },
  timeoutSeconds: {
    unit: 'seconds',
    unless: "the origin's",
    says: "to the head of the origin's response, a request body's way there included: give long uploads more",
  },
  origin: {
    like: "the file's",
    range: 'one of `url`, `binding`, `zone`, and `id` if the audience is another',
    unless: "the file's",
    says: "where this route's requests go; it is never sent cookies",
  },
  earlyData: {
    range: 'needs `methods`, of GET and HEAD only; not with `websocket`',
    unless: '`false`',
    says: 'whether requests may come as TLS early data, which anybody who saw them can send again (RFC 8470). The origin is told by `Early-Data: 1` and may still answer 425. Elsewhere such a request is 425',
  },
  websocket: { unless: 'upgrades are refused', says: 'lets WebSockets through: docs/operations.md' },
  'websocket.origins': {
    range: 'exact',

    says: 'lets WebSockets through: from these browser origins, and from who is no browser and names none; needs GET',
  },
};

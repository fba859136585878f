import { API, DESK } from '../world.ts';

/** A request with a secret in it. */
export interface Planted {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** Where a client puts a secret. */
export interface Place {
  readonly name: string;
  readonly plant: (text: string, session: string) => Planted;
  /** Whether it asks us to hand it on to the origin as it is: in path, query, body or a header that is nobody's credential. */
  readonly isHandedOn: boolean;
  /** Whether it asks us to keep it, as the name of a key. */
  readonly isStored: boolean;
  /** Whether its owner, who is signed in, is told it again: as the name of his key, or as a scope that he may not give. */
  readonly isSaidAgain: boolean;
  /** Whether it may end what it shows. */
  readonly isEnding: boolean;
}

const ITEM = `${API}/v1/any/1`;
const asOwner = (session: string) => ({ authorization: `Bearer ${session}` });

const get = (url: string, headers: Planted['headers'] = {}): Planted => ({
  ...{ url, method: 'GET', headers, body: null },
});

const post = (url: string, body: string, headers: Planted['headers'] = {}): Planted => ({
  ...{ url, method: 'POST', headers, body },
});

const place = (name: string, plant: Place['plant'], more: Partial<Place> = {}): Place => ({
  ...{ name, plant, isHandedOn: false, isStored: false, isSaidAgain: false, isEnding: false },
  ...more,
});

/** As credentials: what the origin must see nothing of. */
const CREDENTIALS: readonly Place[] = [
  ...['/v1/any/1', '/v1/strict/1', '/optional/1', '/public/1', '/v1/payouts/1', '/nowhere'].flatMap(
    (path) => [
      place(`Bearer at ${path}`, (text) => get(API + path, { authorization: `Bearer ${text}` })),
      place(`X-API-Key at ${path}`, (text) => get(API + path, { 'x-api-key': text })),
    ],
  ),
  place('Basic, both parts', (text) =>
    get(ITEM, { authorization: `Basic ${btoa(text.replace(/_(?=[^_]*$)/, ':'))}` }),
  ),
  place('Basic, as the id', (text) => get(ITEM, { authorization: `Basic ${btoa(`${text}:x`)}` })),
  place('Basic, as the secret', (text) => get(ITEM, { authorization: `Basic ${btoa(`x:${text}`)}` })),
  ...['Basic', 'Token', 'Digest', 'bearer', 'DPoP', ''].map((scheme) =>
    place(`the scheme ${scheme}`, (text) => get(ITEM, { authorization: `${scheme} ${text}`.trim() })),
  ),
  place('twice', (text, session) => get(ITEM, { ...asOwner(session), 'x-api-key': text })),
  place('two in one', (text, session) => get(ITEM, { authorization: `Bearer ${session}, Bearer ${text}` })),
  place('a cookie', (text, session) => get(ITEM, { ...asOwner(session), cookie: `stytch_session=${text}` })),
  place('Proxy-Authorization', (text, session) =>
    get(ITEM, { ...asOwner(session), 'proxy-authorization': `Bearer ${text}` }),
  ),
  place('our own header', (text, session) =>
    get(ITEM, { ...asOwner(session), 'x-latchkey-user-id': text, 'x-latchkey-assertion': text }),
  ),
];

/** In what is the origin's to read. */
const ON: Partial<Place> = { isHandedOn: true };
const HANDED_ON: readonly Place[] = [
  place('the path', (text, session) => get(`${API}/v1/any/${text}`, asOwner(session)), ON),
  place('the path, first', (text, session) => get(`${API}/${text}/1`, asOwner(session)), ON),
  place('the path of nobody', (text) => get(`${API}/public/${text}`), ON),
  ...['q', 'access_token', 'api_key', 'key'].map((name) =>
    place(`the query, ${name}`, (text, session) => get(`${ITEM}?${name}=${text}`, asOwner(session)), ON),
  ),
  place('the name of a query', (text) => get(`${API}/optional/1?${text}=1`), ON),
  place('the body', (text, session) => post(ITEM, text, asOwner(session)), ON),
  place(
    'a form',
    (text, session) => post(ITEM, new URLSearchParams({ k: text }).toString(), asOwner(session)),
    ON,
  ),
  ...['X-Odd', 'User-Agent', 'Referer', 'Accept-Language', 'Traceparent', 'Origin'].map((name) =>
    place(name, (text, session) => get(ITEM, { ...asOwner(session), [name]: text }), ON),
  ),
  // Up to 64 characters of this alphabet are the client's own name for its request, which the log has and the answer says
  // again (DESIGN.md section 5): no whole key and no token is that short.
  place('X-Request-Id', (text, session) =>
    get(ITEM, { ...asOwner(session), ...(/^[\w-]{8,64}$/.test(text) ? {} : { 'x-request-id': text }) }),
  ),
  place('Range', (text, session) => get(ITEM, { ...asOwner(session), range: `bytes=${text}` }), ON),
  place('the name of a header', (text) => get(`${API}/optional/1`, { [token(text)]: '1' }), ON),
];

/** What RFC 9110 §5.6.2 lets a name be. */
const token = (text: string): string => text.replaceAll(/[^!#$&'*+.^`|~\w-]/g, '');

const json = (session: string) => ({ ...asOwner(session), 'content-type': 'application/json' });
const form = (fields: Record<string, string>, headers: Planted['headers'] = {}) =>
  [
    new URLSearchParams(fields).toString(),
    { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  ] as const;

/** At the Desk. */
const AT_DESK: readonly Place[] = [
  place('the id of a key', (text, session) => get(`${DESK}/v1/keys/${text}`, asOwner(session))),
  place('a cursor', (text, session) => get(`${DESK}/v1/keys?cursor=${text}`, asOwner(session))),
  place('a page that is none', (text) => get(`${DESK}/${text}`)),
  place('a problem', (text) => get(`${DESK}/problems/${text}`)),
  place('a caller', (text) => get(`${DESK}/v1/whoami`, { authorization: `Bearer ${text}` })),
  place('a caller by key', (text) => get(`${DESK}/v1/keys`, { 'x-api-key': text })),
  place('an Idempotency-Key', (text, session) =>
    post(`${DESK}/v1/keys`, '{}', { ...json(session), 'idempotency-key': text }),
  ),
  place('the name of a field', (text, session) =>
    post(`${DESK}/v1/keys`, JSON.stringify({ [text]: 1 }), json(session)),
  ),
  place(
    'a scope',
    (text, session) => post(`${DESK}/v1/keys`, JSON.stringify({ name: 'n', scopes: [text] }), json(session)),
    { isSaidAgain: true },
  ),
  place('broken JSON', (text, session) => post(`${DESK}/v1/keys`, `{"name":"${text}`, json(session))),
  place('the type of a body', (text, session) =>
    post(`${DESK}/v1/keys`, '{}', { ...asOwner(session), 'content-type': `text/${token(text)}` }),
  ),
  place(
    'the name of a key',
    (text, session) =>
      post(
        `${DESK}/v1/keys`,
        JSON.stringify({ name: text.slice(0, 80), scopes: ['items:read'] }),
        json(session),
      ),
    { isStored: true, isSaidAgain: true },
  ),
  place(
    'a leak',
    (text) =>
      post(`${DESK}/v1/leaked`, JSON.stringify({ key: text }), { 'content-type': 'application/json' }),
    {
      isEnding: true,
    },
  ),
  ...['token', 'introspect', 'revoke', 'device_authorization'].flatMap((endpoint) =>
    ['client_secret', 'client_id', 'token', 'scope', 'grant_type', 'device_code'].map((field) =>
      place(
        `${field} at /oauth2/${endpoint}`,
        (text) => {
          const usual = {
            grant_type: 'client_credentials',
            client_id: text.split('_').slice(0, 3).join('_'),
          };
          return post(`${DESK}/oauth2/${endpoint}`, ...form({ ...usual, [field]: text }));
        },
        { isEnding: endpoint === 'revoke' },
      ),
    ),
  ),
  place('Basic at /oauth2/token', (text) =>
    post(
      `${DESK}/oauth2/token`,
      ...form(
        { grant_type: 'client_credentials' },
        { authorization: `Basic ${btoa(text.replace(/_(?=[^_]*$)/, ':'))}` },
      ),
    ),
  ),
  place('a user code', (text) => get(`${DESK}/device?user_code=${text}`)),
  place('a cookie of the portal', (text) => get(`${DESK}/`, { cookie: `__Host-latchkey=${text}` })),
];

export const PLACES: readonly Place[] = [...CREDENTIALS, ...HANDED_ON, ...AT_DESK];

import { DurableObject } from 'cloudflare:workers';

interface Env {
  readonly NAMESPACE: DurableObjectNamespace<Namespace>;
}

/** The service behind a KV binding: workerd turns each operation of the binding into one HTTP request to it. */
export default {
  fetch: (request: Request, env: Env) => env.NAMESPACE.getByName('entries').fetch(request),
};

/** One KV namespace. Strongly consistent and without the platform's limit of one write per second and key. */
export class Namespace extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.sql.exec(
      'CREATE TABLE IF NOT EXISTS entries (key TEXT PRIMARY KEY, value BLOB NOT NULL, expiration INTEGER, metadata TEXT)',
    );
    // Each operation first forgets what has expired: without an index, by looking at everything.
    this.sql.exec('CREATE INDEX IF NOT EXISTS entries_by_end ON entries (expiration)');
  }

  override async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const key = decodeURIComponent(url.pathname.slice(1));
    this.sql.exec('DELETE FROM entries WHERE expiration <= ?', nowSeconds());
    if (request.method === 'GET') return key === '' ? this.list(url.searchParams) : this.get(key);
    if (request.method === 'PUT') return this.put(key, request, url.searchParams);
    if (request.method === 'DELETE') return this.delete(key);
    return refusal(501, `${request.method} ${url.pathname} is not in this KV`);
  }

  private get(key: string): Response {
    const entry = this.sql.exec<Entry>('SELECT * FROM entries WHERE key = ?', key).toArray()[0];
    if (entry === undefined) return refusal(404, 'Not Found');
    const headers = new Headers();
    if (entry.expiration !== null) headers.set('cf-expiration', String(entry.expiration));
    if (entry.metadata !== null) headers.set('cf-kv-metadata', entry.metadata);
    return new Response(entry.value, { headers });
  }

  private async put(key: string, request: Request, query: URLSearchParams): Promise<Response> {
    // First of all: workerd waits for its body to be taken, even by a refusal.
    const value = await request.arrayBuffer();
    if (new TextEncoder().encode(key).byteLength > 512)
      return refusal(414, 'key length limit of 512 exceeded');
    const ttl = query.get('expiration_ttl');
    const at = query.get('expiration') ?? (ttl === null ? null : nowSeconds() + Number(ttl));
    if (at !== null && !(Number(at) - nowSeconds() >= MINIMUM_TTL_SECONDS))
      return refusal(400, tooSoon(ttl, at));
    const metadata = request.headers.get('cf-kv-metadata');
    this.sql.exec(
      'INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?)',
      key,
      value,
      at && Number(at),
      metadata,
    );
    return new Response();
  }

  private delete(key: string): Response {
    this.sql.exec('DELETE FROM entries WHERE key = ?', key);
    return new Response();
  }

  private list(query: URLSearchParams): Response {
    const limit = Number(query.get('key_count_limit') ?? 1000);
    const prefix = query.get('prefix') ?? '';
    const rows = this.sql
      .exec<Entry>(
        'SELECT * FROM entries WHERE key > ? AND substr(key, 1, length(?)) = ? ORDER BY key LIMIT ?',
        query.get('cursor') ?? '',
        prefix,
        prefix,
        limit + 1,
      )
      .toArray();
    const keys = rows.slice(0, limit).map(({ key, expiration, metadata }) => ({
      name: key,
      ...(expiration !== null && { expiration }),
      ...(metadata !== null && { metadata }),
    }));
    const more =
      rows.length > limit ? { list_complete: false, cursor: keys.at(-1)?.name } : { list_complete: true };
    return Response.json({ keys, ...more, cacheStatus: null });
  }
}

type Entry = {
  key: string;
  value: ArrayBuffer;
  expiration: number | null;
  metadata: string | null;
};

const MINIMUM_TTL_SECONDS = 60;

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

/** The platform's own words. */
const tooSoon = (ttl: string | null, at: string | number): string =>
  ttl === null
    ? `Invalid expiration of ${at}. Expiration times must be at least ${MINIMUM_TTL_SECONDS} seconds in the future.`
    : `Invalid expiration_ttl of ${ttl}. Expiration TTL must be at least ${MINIMUM_TTL_SECONDS}.`;

const refusal = (status: number, statusText: string): Response =>
  new Response(statusText, { status, statusText });

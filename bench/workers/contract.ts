interface Env {
  readonly ORIGIN_URL: string;
}

/**
 * The floor of any edge that keeps Latchkey's wire forms: what origin and client are told with each request, the
 * timeout and the line of log, with constants in place of every decision. What it costs above the bare pass-through
 * no code of ours can save; what Latchkey costs above it is ours.
 */
export default {
  fetch: async (request, env) => {
    const headers = new Headers(request.headers);
    headers.delete('authorization');
    headers.delete('host');
    for (const [name, value] of TO_ORIGIN) headers.set(name, value);
    const answer = await within(
      fetch(env.ORIGIN_URL + pathOf(request.url), {
        method: request.method,
        headers,
        redirect: 'manual',
        cache: 'no-store',
      }),
      30_000,
    );
    if (answer === null) return new Response(null, { status: 504 });
    const response = new Response(answer.body, answer);
    for (const name of answer.headers.keys()) if (name === 'set-cookie') response.headers.delete(name);
    for (const [name, value] of TO_CLIENT) response.headers.set(name, value);
    console.log(LINE);
    return response;
  },
} satisfies ExportedHandler<Env>;

const ID = 'A'.repeat(22);

/** As long as Latchkey's own for a key of the benchmark. */
const TO_ORIGIN = Object.entries({
  'X-Latchkey-Auth': 'api_key',
  'X-Latchkey-Assertion': `${'a'.repeat(90)}.${'b'.repeat(340)}.${'c'.repeat(86)}`,
  'X-Latchkey-User-Id': `user-test-${'0'.repeat(36)}`,
  'X-Latchkey-Key-Id': `bench_test_${'0'.repeat(28)}`,
  'X-Latchkey-Scopes': 'items:read',
  'X-Forwarded-Host': 'api.bench',
  'X-Forwarded-Proto': 'http',
  'X-Request-Id': ID,
  'CDN-Loop': 'desk.bench',
});

const TO_CLIENT = Object.entries({
  'X-Request-Id': ID,
  'Cache-Control': 'private, no-store',
  Vary: 'Authorization, X-API-Key, Cookie',
  'Server-Timing': 'gate;dur=0',
  'RateLimit-Policy': '"owner";q=1000000000;w=60',
  RateLimit: '"owner";r=999999999;t=60',
});

const LINE = JSON.stringify({
  ...{ event: 'line', request_id: ID, route: '/v1/items/**', decision: 'forwarded', reason: null },
  ...{ because: null, status: 200, credential: 'api_key', key_id: `bench_test_${'0'.repeat(28)}` },
  ...{ tier: 'memory', stytch_ms: 0, ring_ms: 0, kv_ms: 0, origin_ms: 1 },
});

const pathOf = (url: string): string => url.slice(url.indexOf('/', url.indexOf('://') + 3));

const within = <T>(promise: Promise<T>, timeoutMs: number): Promise<T | null> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });

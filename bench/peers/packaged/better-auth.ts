import { env } from 'cloudflare:workers';
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { forwardAs } from '../workers/forward.ts';

interface Env {
  readonly ORIGIN_URL: string;
  readonly BETTER_AUTH_SECRET: string;
}

const { ORIGIN_URL, BETTER_AUTH_SECRET } = env as unknown as Env;

/**
 * As https://better-auth.com/docs/plugins/api-key and https://better-auth.com/docs/guides/cloudflare have it, but for the
 * limit, which would be 10 requests a day. Without a `database` it keeps all in the isolate's memory.
 */
const auth = betterAuth({
  baseURL: 'http://localhost',
  secret: BETTER_AUTH_SECRET,
  telemetry: { enabled: false },
  emailAndPassword: { enabled: true },
  plugins: [apiKey({ rateLimit: { enabled: true, maxRequests: 1_000_000_000 } })],
});

export default {
  fetch: async (request) => {
    if (new URL(request.url).pathname.startsWith('/api/auth/')) return auth.handler(request);
    const given = request.headers.get('authorization')?.replace(/^Bearer /, '') ?? '';
    const { valid, key } = await auth.api.verifyApiKey({ body: { key: given } });
    if (!valid || key === null) return new Response('Unauthorized', { status: 401 });
    return forwardAs(request, ORIGIN_URL, key.referenceId);
  },
} satisfies ExportedHandler;

import { env } from 'cloudflare:workers';
import { appOver } from './hono-app.ts';

const { JWKS_URL } = env as unknown as { readonly JWKS_URL: string };

export default appOver({ jwks_uri: JWKS_URL });

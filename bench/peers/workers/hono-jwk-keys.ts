import { env } from 'cloudflare:workers';
import { appOver } from './hono-app.ts';

const { JWKS } = env as unknown as { readonly JWKS: string };

export default appOver({ keys: JSON.parse(JWKS).keys });

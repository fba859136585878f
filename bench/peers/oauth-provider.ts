import { createHash, randomBytes } from 'node:crypto';
import { bundle } from '../../tools/serve/bundle.ts';
import { serve } from '../../tools/serve/index.ts';
import { call, callJson } from '../http.ts';
import { ITEMS } from '../latchkey.ts';
import { installPackages } from './install.ts';
import { type Headers, peer } from './peer.ts';
import { bearer, USER_ID } from './stytch.ts';

/** The host in the resource that its tokens are for. */
const HOST: Headers = { Host: 'localhost' };

const REDIRECT_URI = 'http://localhost/callback';

/** Its KV runs in its process: the CPU of it is in the figure. */
export const oauthProvider = peer({
  name: 'oauth_provider',
  paced: true,
  says: '`@cloudflare/workers-oauth-provider`: an access token that it issued, looked up in KV on each call',
  missing: installPackages,
  serve: async ({ origin }) => {
    const service = {
      name: 'oauth-provider',
      script: bundle('bench/peers/packaged/oauth-provider.ts', { minify: true }).script,
      bindings: { ORIGIN_URL: origin.url, USER_ID },
      kv: ['OAUTH_KV'],
      socket: 0,
    };
    const server = await serve({ services: [service] });
    const port = server.port(service.name);
    return {
      ...{ pid: server.pid, port },
      good: async () => headersOf(await authorize(port)),
      bad: async () => [await revoked(port)],
      asked: null,
      [Symbol.asyncDispose]: () => server.stop(),
    };
  },
});

const headersOf = ({ access_token }: Granted): Headers => ({ ...HOST, ...bearer(access_token) });

/** A token that was good a moment ago: that it is refused shows that KV is asked on each call. */
const revoked = async (port: number): Promise<Headers> => {
  const granted = await authorize(port);
  const headers = headersOf(granted);
  await callJson({ port, path: ITEMS, headers }, 200);
  const body = new URLSearchParams({ client_id: granted.client_id, token: granted.access_token });
  const { status } = await call({ port, path: '/oauth/token', method: 'POST', headers: HOST, body });
  if (status !== 200) throw new Error(`a revocation answered ${status}`);
  return headers;
};

interface Granted {
  readonly client_id: string;
  readonly access_token: string;
}

/** The code flow of a public client with PKCE, as a client and its user go through it. */
const authorize = async (port: number): Promise<Granted> => {
  const client = { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' };
  const register = { port, path: '/register', method: 'POST', headers: HOST, body: client };
  const { client_id } = await callJson<{ readonly client_id: string }>(register, 201);
  const code_verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id, redirect_uri: REDIRECT_URI, scope: 'items:read' },
    ...{ code_challenge: createHash('sha256').update(code_verifier).digest('base64url') },
    ...{ code_challenge_method: 'S256', state: 'bench' },
  });
  const { location = '' } = (await call({ port, path: `/authorize?${query}`, headers: HOST })).headers;
  const body = new URLSearchParams({
    ...{ grant_type: 'authorization_code', client_id, redirect_uri: REDIRECT_URI, code_verifier },
    code: new URL(location).searchParams.get('code') ?? '',
  });
  const exchange = { port, path: '/oauth/token', method: 'POST', headers: HOST, body };
  const { access_token } = await callJson<{ readonly access_token: string }>(exchange, 200);
  return { client_id, access_token };
};

import { type OAuthHelpers, OAuthProvider } from '@cloudflare/workers-oauth-provider';
import { forwardAs } from '../workers/forward.ts';

interface Env {
  readonly ORIGIN_URL: string;
  readonly USER_ID: string;
  readonly OAUTH_KV: KVNamespace;
  readonly OAUTH_PROVIDER: OAuthHelpers;
}

/** Of a token, what `completeAuthorization` kept with it. */
interface Props {
  readonly userId: string;
}

/** Outside https it takes loopback hosts alone. */
const ISSUER = 'http://localhost';

/** As "One Worker: OAuthProvider" of https://www.npmjs.com/package/@cloudflare/workers-oauth-provider has it. */
export default new OAuthProvider<Env>({
  apiRoute: '/v1',
  apiHandler: {
    fetch: (request, env, context) =>
      forwardAs(request, env.ORIGIN_URL, (context.props as unknown as Props).userId),
  },
  defaultHandler: {
    fetch: async (request, { OAUTH_PROVIDER, USER_ID: userId }) => {
      const asked = await OAUTH_PROVIDER.parseAuthRequest(request);
      const props: Props = { userId };
      const { scope } = asked;
      const granted = { request: asked, userId, metadata: {}, scope, props };
      return Response.redirect((await OAUTH_PROVIDER.completeAuthorization(granted)).redirectTo, 302);
    },
  },
  authorizeEndpoint: '/authorize',
  tokenEndpoint: '/oauth/token',
  clientRegistrationEndpoint: '/register',
  scopesSupported: ['items:read'],
  resourceMetadata: { resource: `${ISSUER}/v1`, authorization_servers: [ISSUER] },
  requiredScopes: ['items:read'],
});

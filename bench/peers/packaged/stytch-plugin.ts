import stytchPlugin, { type PluginData } from '@cloudflare/pages-plugin-stytch';
import { forwardAs } from '../workers/forward.ts';

interface Env {
  readonly ORIGIN_URL: string;
  readonly STYTCH_API_URL: string;
  readonly PROJECT_ID: string;
  readonly PROJECT_SECRET: string;
}

/**
 * The middleware of https://developers.cloudflare.com/pages/functions/plugins/stytch/ in front of a function that sends
 * the request on. Pages is not there to call the two in turn: `next` is the function.
 */
export default {
  fetch: async (request, env, context) => {
    const data: Partial<PluginData> = {};
    const onRequest = stytchPlugin({
      project_id: env.PROJECT_ID,
      secret: env.PROJECT_SECRET,
      env: `${env.STYTCH_API_URL}/v1/`,
    });
    return onRequest({
      ...{ request, env, data, params: {}, functionPath: '/' },
      waitUntil: context.waitUntil.bind(context),
      next: async () => forwardAs(request, env.ORIGIN_URL, data.stytch?.session.session.user_id ?? ''),
    } as unknown as Parameters<typeof onRequest>[0]);
  },
} satisfies ExportedHandler<Env>;

import type { NewClient, Outcome, SigningJwk, Stytch } from '../model/ports.ts';
import { call, type Wires } from './call.ts';
import { readClientAnswer, readDeleteAnswer, readJwks, readTokenAnswer } from './wire.ts';

/** How long Stytch is waited for, in milliseconds. */
const TOKEN_DEADLINE_MS = 3_000;
const JWKS_DEADLINE_MS = 2_000;
const CLIENTS_DEADLINE_MS = 5_000;

export interface StytchProject {
  readonly baseUrl: string;
  readonly projectId: string;
  readonly vertical: 'consumer' | 'b2b';
  readonly projectSecret: string;
}

/** Stytch, as far as Latchkey speaks to it. Every answer is parsed before it leaves this folder. */
export interface StytchApi extends Stytch {
  /** The public keys that sign the project's JWTs. */
  jwks(): Promise<Outcome<readonly SigningJwk[]>>;
}

export const createStytch = (project: StytchProject, wires: Wires): StytchApi => {
  const json = {
    authorization: `Basic ${btoa(`${project.projectId}:${project.projectSecret}`)}`,
    'content-type': 'application/json',
  };
  const clients = `${project.baseUrl}/v1/m2m/clients`;
  const clientUrl = (clientId: string) => `${clients}/${encodeURIComponent(clientId)}`;
  const jwksPath = project.vertical === 'b2b' ? '/v1/b2b/sessions/jwks/' : '/v1/sessions/jwks/';

  return {
    exchange: async (clientId, clientSecret) => {
      const form = new URLSearchParams({
        client_id: clientId,
        client_secret: clientSecret,
        grant_type: 'client_credentials',
      });
      const answer = await call(
        wires,
        `${project.baseUrl}/v1/public/${project.projectId}/oauth2/token`,
        {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
          body: form.toString(),
          deadlineMs: TOKEN_DEADLINE_MS,
          // Each answer is a token that Stytch bills: an unanswered call may have made one.
          idempotent: false,
        },
        readTokenAnswer,
      );
      return answer.outcome === 'answered'
        ? { outcome: 'answered', value: answer.value.access_token }
        : answer;
    },

    createClient: (client) =>
      call(
        wires,
        clients,
        {
          method: 'POST',
          headers: json,
          body: createBody(client),
          deadlineMs: CLIENTS_DEADLINE_MS,
          idempotent: true,
        },
        (body) => (readClientAnswer(body)?.m2m_client.client_id === client.clientId ? CREATED : null),
        // The id is ours and random: when a repeat finds it taken, the first try had come through.
        (declined, attempt) =>
          attempt > 0 && declined.code === 'duplicate_m2m_client_id'
            ? { outcome: 'answered', value: CREATED }
            : declined,
      ),

    updateClient: ({ clientId, name, description, scopes }) =>
      call(
        wires,
        clientUrl(clientId),
        {
          method: 'PUT',
          headers: json,
          body: JSON.stringify({ client_name: name, client_description: description, scopes }),
          deadlineMs: CLIENTS_DEADLINE_MS,
          idempotent: true,
        },
        (body) =>
          readClientAnswer(body)?.m2m_client.client_id === clientId ? { existed: true as boolean } : null,
        (declined) =>
          declined.code === 'm2m_client_not_found'
            ? { outcome: 'answered', value: { existed: false } }
            : declined,
      ),

    deleteClient: (clientId) =>
      call(
        wires,
        clientUrl(clientId),
        { method: 'DELETE', headers: json, body: '{}', deadlineMs: CLIENTS_DEADLINE_MS, idempotent: true },
        (body) => (readDeleteAnswer(body) === null ? null : { existed: true }),
        (declined, attempt) =>
          declined.code === 'm2m_client_not_found'
            ? { outcome: 'answered', value: { existed: attempt > 0 } }
            : declined,
      ),

    jwks: () =>
      call(
        wires,
        `${project.baseUrl}${jwksPath}${project.projectId}`,
        { method: 'GET', headers: {}, deadlineMs: JWKS_DEADLINE_MS, idempotent: false },
        readJwks,
      ),
  };
};

const CREATED = { created: true } as const;

const createBody = (client: NewClient): string =>
  JSON.stringify({
    client_id: client.clientId,
    client_secret: client.clientSecret,
    client_name: client.name,
    client_description: client.description,
    scopes: client.scopes,
    trusted_metadata: client.trustedMetadata,
  });

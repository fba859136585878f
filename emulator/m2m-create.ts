import type { Call } from './endpoint.ts';
import { hashSecret } from './hash.ts';
import { makeId, makeSecret } from './ids.ts';
import type { JsonObject } from './json.ts';
import {
  clientObject,
  countClients,
  findClient,
  insertClient,
  type M2MClient,
  wasDeleted,
} from './m2m-clients.ts';
import { checkClientId, checkScopes, checkSecret, checkText } from './m2m-fields.ts';
import { checkMetadata } from './metadata.ts';
import { isRefusal, type Refusal, type Result, refuse, succeed } from './result.ts';

/** `POST /v1/m2m/clients`: the id and the secret may be chosen; the secret is shown this once. */
export const createClient = async (call: Call): Promise<Result> => {
  const made = await makeClient(call);
  if (isRefusal(made)) return made;
  const { client, secret } = made;
  // Nothing waits between these checks and the insert, so two calls cannot both pass.
  const taken = checkRoom(call, client.clientId);
  if (taken !== null) return taken;
  insertClient(call.project, client);
  const shown: JsonObject = {
    ...clientObject({ ...client, sequence: 0 }, call.switches),
    client_secret: secret,
  };
  return succeed({ m2m_client: shown }, call.switches.createStatus);
};

type Made = { readonly client: Omit<M2MClient, 'sequence'>; readonly secret: string };

const makeClient = async ({ project, switches, body }: Call): Promise<Made | Refusal> => {
  const clientId = checkClientId(body.client_id ?? makeId(project, 'm2m-client'), switches);
  if (isRefusal(clientId)) return clientId;
  const secret = checkSecret(body.client_secret ?? makeSecret(), switches);
  if (isRefusal(secret)) return secret;
  const name = checkText(body.client_name, 'm2m_client_invalid_client_name');
  if (isRefusal(name)) return name;
  const description = checkText(body.client_description, 'm2m_client_invalid_client_description');
  if (isRefusal(description)) return description;
  const scopes = checkScopes(body.scopes, switches);
  if (isRefusal(scopes)) return scopes;
  const metadata = checkMetadata(body.trusted_metadata);
  if (isRefusal(metadata)) return metadata;
  const client = {
    ...{ clientId, name, description, status: 'active' as const, scopes },
    metadata: (body.trusted_metadata ?? null) === null ? null : metadata,
    secretHash: await hashSecret(secret),
    secretLastFour: secret.slice(-4),
    nextSecretHash: null,
    nextSecretLastFour: null,
  };
  return { client, secret };
};

const checkRoom = ({ project, switches }: Call, clientId: string): Refusal | null => {
  const reserved = switches.deletedClientId === 'taken' && wasDeleted(project, clientId);
  if (reserved || findClient(project, clientId) !== null) return refuse('duplicate_m2m_client_id');
  const full = switches.maximumClients > 0 && countClients(project) >= switches.maximumClients;
  return full ? refuse('too_many_m2m_clients_for_billing_tier') : null;
};

import type { Call } from './endpoint.ts';
import {
  clientObject,
  findClient,
  type M2MClient,
  deleteClient as remove,
  wasDeleted,
  updateClient as write,
} from './m2m-clients.ts';
import { checkScopes, checkText } from './m2m-fields.ts';
import { mergeMetadata } from './metadata.ts';
import { isRefusal, type Refusal, type Result, refuse, succeed } from './result.ts';

/** `GET /v1/m2m/clients/{client_id}` */
export const getClient = ({ project, params, switches }: Call): Result => {
  const client = findClient(project, params.client_id ?? '');
  if (client === null) return refuse('m2m_client_not_found');
  return succeed({ m2m_client: clientObject(client, switches) });
};

/** `PUT /v1/m2m/clients/{client_id}`: what is omitted stays as it is. */
export const updateClient = (call: Call): Result => {
  const client = findClient(call.project, call.params.client_id ?? '');
  if (client === null) return refuse('m2m_client_not_found');
  const changed = change(call, client);
  if (isRefusal(changed)) return changed;
  write(call.project, changed);
  return succeed({ m2m_client: clientObject(changed, call.switches) });
};

/** `DELETE /v1/m2m/clients/{client_id}`: tokens that were issued stay good. */
export const deleteClient = ({ project, params, switches }: Call): Result => {
  const clientId = params.client_id ?? '';
  const client = findClient(project, clientId);
  if (client === null) {
    const again = switches.secondDelete === 'ok' && wasDeleted(project, clientId);
    return again ? succeed({ client_id: clientId }) : refuse('m2m_client_not_found');
  }
  if (client.nextSecretHash !== null && switches.deleteWhileRotating === 'refused') {
    return refuse('m2m_client_already_rotating_secret');
  }
  remove(project, clientId);
  return succeed({ client_id: clientId });
};

const change = ({ body, switches }: Call, client: M2MClient): M2MClient | Refusal => {
  const { status } = body;
  if (status !== undefined && status !== 'active' && status !== 'inactive') {
    return refuse('invalid_m2m_client_status');
  }
  const name = checkText(body.client_name, 'm2m_client_invalid_client_name');
  if (isRefusal(name)) return name;
  const description = checkText(body.client_description, 'm2m_client_invalid_client_description');
  if (isRefusal(description)) return description;
  const scopes = body.scopes === undefined ? client.scopes : checkScopes(body.scopes, switches);
  if (isRefusal(scopes)) return scopes;
  const metadata = mergeMetadata(client.metadata ?? {}, body.trusted_metadata);
  if (isRefusal(metadata)) return metadata;
  return {
    ...{ ...client, status: status ?? client.status, scopes },
    name: name ?? client.name,
    description: description ?? client.description,
    metadata: (body.trusted_metadata ?? null) === null ? client.metadata : metadata,
  };
};

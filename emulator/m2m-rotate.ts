import type { Call } from './endpoint.ts';
import { hashSecret } from './hash.ts';
import { makeSecret } from './ids.ts';
import { clientObject, findClient, updateClient } from './m2m-clients.ts';
import { type Result, refuse, succeed } from './result.ts';

/** `…/secrets/rotate/start`: from here on both secrets work. */
export const startRotation = async ({ project, params, switches }: Call): Promise<Result> => {
  const secret = makeSecret();
  const nextSecretHash = await hashSecret(secret);
  const client = findClient(project, params.client_id ?? '');
  if (client === null) return refuse('m2m_client_not_found');
  if (client.nextSecretHash !== null) return refuse('m2m_client_already_rotating_secret');
  const rotating = { ...client, nextSecretHash, nextSecretLastFour: secret.slice(-4) };
  updateClient(project, rotating);
  return succeed({ m2m_client: { ...clientObject(rotating, switches), next_client_secret: secret } });
};

/** `…/secrets/rotate`: the next secret becomes the only one. */
export const finishRotation = (call: Call): Result => endRotation(call, true);

/** `…/secrets/rotate/cancel`: the next secret is forgotten. */
export const cancelRotation = (call: Call): Result => endRotation(call, false);

const endRotation = ({ project, params, switches }: Call, keepNext: boolean): Result => {
  const client = findClient(project, params.client_id ?? '');
  if (client === null) return refuse('m2m_client_not_found');
  const { nextSecretHash, nextSecretLastFour } = client;
  if (nextSecretHash === null || nextSecretLastFour === null) return refuse('m2m_client_not_rotating_secret');
  const kept = keepNext ? { secretHash: nextSecretHash, secretLastFour: nextSecretLastFour } : {};
  const ended = { ...client, ...kept, nextSecretHash: null, nextSecretLastFour: null };
  updateClient(project, ended);
  return succeed({ m2m_client: clientObject(ended, switches) });
};

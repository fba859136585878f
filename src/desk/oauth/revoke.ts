import { empty, PRAGMA } from '../../http/answer.ts';
import { invalid } from '../../http/form.ts';
import { isAskersOwn } from '../../model/asker.ts';
import type { JwtCredential } from '../../model/credential.ts';
import { keyIdOf } from '../../model/evidence.ts';
import { isForeignClientId, ownOwner } from '../../model/foreign.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import { respelled } from '../../model/token.ts';
import { newTrace } from '../../model/trace.ts';
import type { Doors } from '../doors.ts';
import { endFound } from '../leaked.ts';
import { operation } from '../operation.ts';
import type { DeskPorts } from '../ports.ts';
import { ASKER_REFUSALS, type Asking, askerOf } from './asker.ts';
import { presentedClient } from './client.ts';
import { presentedTokenForm } from './presented-token.ts';

const FORM = presentedTokenForm('RevocationRequest', 'An API key or an access token');

/**
 * Ends a token (RFC 7009). What is no token, is dead already or is somebody else's is answered as if it had been ended:
 * nobody learns anything of it, and nothing happens.
 */
export const revokeOperation = (ports: DeskPorts, doors: Doors) =>
  operation({
    ...{ method: 'POST', path: '/oauth2/revoke', operationId: 'revoke', tag: 'OAuth' },
    ...{ door: doors.asker, body: FORM },
    summary: 'Ends a token (RFC 7009)',
    description:
      'The client authenticates as for introspection; a device client by its `client_id` alone, for keys that were made for it. Of a key that is being rotated, the secret that is presented ends alone.',
    answers: { 200: { description: 'It is good no more, or never was' } },
    refusals: [...ASKER_REFUSALS, 'token_type_unsupported'],
    handle: async ({ body: form, request, call }) => {
      const client = presentedClient(ports, request.headers, form);
      if (!client.ok) return client;
      const asking = await askerOf(ports, client.value, request, call);
      if (!asking.ok) return asking;
      if (form.token === undefined) return invalid('token is missing');
      const ended = await end(ports, asking.value, form.token.trim());
      return ended.ok ? ok(empty(call.requestId, PRAGMA, 200)) : ended;
    },
  });

/** Ends what was presented if it is the asker's. The log says who asks; what he presents is not the caller. */
const end = async (ports: DeskPorts, { asker, author }: Asking, text: string): Promise<Result<unknown>> => {
  const trace = newTrace();
  const credential = ports.tokenOf(respelled(text));
  if (credential.kind === 'key')
    return endFound(ports, { key: credential.key.reveal(), source: null, by: asker, author }, trace);
  return credential.kind === 'jwt' ? endJwt(ports, { asker, author }, credential) : NOTHING;
};

const NOTHING: Result<null> = ok(null);

const endJwt = async (
  ports: DeskPorts,
  { asker, author }: Asking,
  credential: JwtCredential,
): Promise<Result<unknown>> => {
  const operators = await ports.findOperatorToken(credential.jwt.reveal());
  if (!operators.ok) return operators;
  if (operators.value !== null) {
    const { clientId } = operators.value;
    const isOwn = isAskersOwn(asker, { clientId, owner: ownOwner(clientId), deviceClient: null });
    return isOwn ? err({ reason: 'token_type_unsupported' }) : NOTHING;
  }
  const found = await ports.whose(credential, newTrace());
  // Only a good token can be ended; whoever presents another learns nothing of it.
  if (!found.ok) return found.refusal.reason === 'unavailable' ? found : NOTHING;
  const { name, owner, token } = found.value;
  if (name.kind === 'secret') return NOTHING;
  const clientId = keyIdOf(name);
  const isOwn = isAskersOwn(asker, { clientId, owner, deviceClient: null });
  // Stytch makes a new JWT of a session whenever it is asked to: what ends it is to end it there.
  if (name.kind === 'session') return isOwn ? err({ reason: 'token_type_unsupported' }) : NOTHING;
  if (isOwn && isForeignClientId(name.clientId, ports.realm)) {
    // First, so that whoever has to come again finds all of it still to be done.
    const forgotten = await ports.lobbyOf(name.clientId).forgetTokens(name.clientId, name.tokenHash);
    if (!forgotten.ok) return forgotten;
  }
  const ring = await ports.ringOf(owner);
  return ring.revokeToken({ name, expiresAt: token.expiresAt, by: asker, author });
};

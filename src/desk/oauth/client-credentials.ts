import { kindOf } from '../../model/credential.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import { parseScope } from '../../model/scope.ts';
import type { DeskPorts } from '../ports.ts';
import { asClient } from './client.ts';
import type { Grant } from './grant.ts';

/** The client's own token (RFC 6749 §4.4): for clients with a secret alone. */
export const clientCredentials = (ports: Pick<DeskPorts, 'issueToken' | 'now'>): Grant => ({
  refusals: [
    ...(['client_unauthorized', 'scope_invalid', 'too_many_scope_sets'] as const),
    ...(['too_many_attempts', 'rate_limited', 'unavailable'] as const),
  ],
  handle: async ({ form, client, request, call }) => {
    if (client.kind === 'public') return err({ reason: 'client_invalid', because: 'missing', scheme: null });
    call.trace.credential = kindOf(client.credential);
    const wanted = scopesWanted(form.scope);
    if (!wanted.ok) return wanted;
    const issued = await ports.issueToken(client.credential, wanted.value, call.trace, request);
    if (!issued.ok) return err(asClient(issued.refusal, client.scheme));
    const { accessToken, scopes, expiresAt } = issued.value;
    // What remains of it, never more.
    return ok({ accessToken, scopes, expiresInSeconds: Math.floor(expiresAt - ports.now() / 1000) });
  },
});

/** The scopes that are asked for, each once; null for all that the client has (RFC 6749 §3.3). */
export const scopesWanted = (scope: string | undefined): Result<readonly string[] | null> => {
  if (scope === undefined) return ok(null);
  const scopes = parseScope(scope);
  return scopes.length === 0 ? err({ reason: 'scope_invalid', scopes: [] }) : ok([...new Set(scopes)]);
};

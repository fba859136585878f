import type { Asker } from '../../model/asker.ts';
import type { AuditActor } from '../../model/audit-chain.ts';
import { type Author, actorOf } from '../../model/author.ts';
import type { Credential } from '../../model/credential.ts';
import { CREDENTIAL_KINDS } from '../../model/policy.ts';
import { err, ok, type Reason, type Result } from '../../model/refusal.ts';
import { authorOf } from '../doors.ts';
import type { Call, DeskPorts } from '../ports.ts';
import { asClient, authenticate, type PresentedClient } from './client.ts';
import { deviceClientOf } from './device-client.ts';

/** Who asks, and how the audit trail writes him down. */
export interface Asking {
  readonly asker: Asker;
  readonly author: Author;
}

/** Why it may remain open who asks, or that he may. */
export const ASKER_REFUSALS: readonly Reason[] = [
  'client_invalid',
  'client_unauthorized',
  'credential_invalid',
  'too_many_attempts',
  'rate_limited',
  'unavailable',
];

/** Who asks about a token, or wants it ended (RFC 7662 §2.1, RFC 7009 §2.1). */
export const askerOf = async (
  ports: DeskPorts,
  client: PresentedClient,
  request: Request,
  call: Call,
): Promise<Result<Asking>> => {
  const known = await askerIn(ports, client, request, call);
  if (!known.ok) return known;
  const { asker, actor, via } = known.value;
  return ok({ asker, author: authorOf(request, call, actor, via) });
};

interface Known {
  readonly asker: Asker;
  readonly actor: AuditActor;
  /** The session or client that shows it. */
  readonly via: string;
}

const known = (kind: 'client' | 'operator', clientId: string): Known => ({
  asker: { kind, clientId },
  actor: { kind, id: clientId },
  via: clientId,
});

const askerIn = async (
  ports: DeskPorts,
  client: PresentedClient,
  request: Request,
  call: Call,
): Promise<Result<Known>> => {
  switch (client.kind) {
    case 'confidential': {
      const operator = await ports.authenticateOperator(client.credential, call.trace, request);
      if (!operator.ok) return err(asClient(operator.refusal, client.scheme));
      if (operator.value !== null) return ok(known('operator', operator.value));
      const authenticated = await authenticate(ports, client, request, call);
      return authenticated.ok ? ok(known('client', authenticated.value)) : authenticated;
    }
    case 'public': {
      const named = deviceClientOf(ports, client, call);
      if (!named.ok) return named;
      const { clientId } = named.value;
      // Nobody proves that it is this client: the trail says what it called itself, and not that it was.
      return ok({ asker: { kind: 'device', clientId }, actor: { kind: 'anyone', id: null }, via: clientId });
    }
    case 'bearer':
      return bearerOf(ports, client.credential, request, call);
  }
};

const bearerOf = async (
  ports: DeskPorts,
  credential: Credential,
  request: Request,
  call: Call,
): Promise<Result<Known>> => {
  const operator = await ports.identifyOperator(credential, call.trace);
  if (operator.ok) return ok(known('operator', operator.value));
  if (operator.refusal.reason === 'unavailable') return operator;
  // Who is no operator may be somebody else.
  const asked = { kinds: CREDENTIAL_KINDS, maxAuthAgeSeconds: null } as const;
  const caller = await ports.identify(credential, asked, call.trace, request);
  if (!caller.ok) {
    // RFC 6750 §3.1 tells of a bad token by itself; the rest is said as of a client that came by its secret.
    const { refusal } = caller;
    return refusal.reason === 'credential_invalid' ? caller : err(asClient(refusal, null));
  }
  const { identity, session } = caller.value;
  if (session !== null) {
    const { owner, sessionId } = session;
    return ok({ asker: { kind: 'owner', owner }, actor: actorOf(owner), via: sessionId });
  }
  return identity.clientId === null
    ? err({ reason: 'credential_invalid', because: 'unknown', scheme: 'bearer' })
    : ok(known('client', identity.clientId));
};

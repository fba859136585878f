import type { Context } from 'hono';
import { sourceOf } from '../http/author.ts';
import type { Author } from '../model/author.ts';
import { type Credential, kindOf } from '../model/credential.ts';
import { CREDENTIAL_KINDS } from '../model/policy.ts';
import { err, ok, type Reason, type Result } from '../model/refusal.ts';
import { strangerRefusal } from '../model/stranger.ts';
import { operatorSubject, organizationSubject, ownSubject, type Subject } from '../model/subject.ts';
import type { Caller } from './caller.ts';
import type { Asked, Call, DeskPorts } from './ports.ts';

/** Who may come in, and what is known of him then. */
export interface Door<D> {
  /** What OpenAPI says of it. */
  readonly security: 'session' | 'operator' | 'credential' | 'client' | 'asker' | 'signature' | 'none';
  readonly refusals: readonly Reason[];
  readonly open: (context: Context, call: Call) => Promise<Result<D>>;
}

const OF_CREDENTIALS: readonly Reason[] = [
  'credentials_ambiguous',
  'credential_missing',
  'credential_invalid',
  'credential_kind_not_allowed',
  'unavailable',
  // A Ring that is overloaded is its owner's doing.
  'rate_limited',
];

/** The doors of the Desk. */
export const createDoors = (ports: DeskPorts) => {
  const sessionOf = async (context: Context, call: Call, maxAuthAgeSeconds: number | null) => {
    const caller = await callerOf(ports, context, call, { kinds: ['session'], maxAuthAgeSeconds });
    if (!caller.ok) return caller;
    const { session } = caller.value;
    return session === null
      ? err({ reason: 'credential_kind_not_allowed', allowed: ['session'] } as const)
      : ok(session);
  };

  /** A signed-in user or member, for his own keys. */
  const own = (maxAuthAgeSeconds: number | null): Door<Subject> => ({
    security: 'session',
    refusals:
      maxAuthAgeSeconds === null ? OF_CREDENTIALS : [...OF_CREDENTIALS, 'insufficient_user_authentication'],
    open: async (context, call) => {
      const session = await sessionOf(context, call, maxAuthAgeSeconds);
      if (!session.ok) return session;
      return ok(ownSubject(session.value, ports, sourceOf({ ...call, request: context.req.raw })));
    },
  });

  /** A member whose role lets him manage the keys of his organisation. */
  const organization = (maxAuthAgeSeconds: number | null): Door<Subject> => ({
    security: 'session',
    refusals: [...OF_CREDENTIALS, 'not_configured', 'role_missing'],
    open: async (context, call) => {
      const session = await sessionOf(context, call, maxAuthAgeSeconds);
      if (!session.ok) return session;
      return organizationSubject(session.value, ports, sourceOf({ ...call, request: context.req.raw }));
    },
  });

  /** An operator: a listed client whose token has the scope. Whose keys are meant, the path says. */
  const operator: Door<Operator> = {
    security: 'operator',
    refusals: [...OF_CREDENTIALS, 'insufficient_scope'],
    open: async (context, call) => {
      const credential = ports.extract(context.req.raw.headers);
      if (!credential.ok) return credential;
      call.trace.credential = kindOf(credential.value);
      const clientId = await ports.identifyOperator(credential.value, call.trace);
      if (!clientId.ok) return clientId;
      return ok({
        clientId: clientId.value,
        author: authorOf(context.req.raw, call, { kind: 'operator', id: clientId.value }, clientId.value),
      });
    },
  };

  /** An operator, for the owner in the path. */
  const ofUser: Door<Subject> = {
    security: 'operator',
    refusals: operator.refusals,
    open: async (context, call) => {
      const opened = await operator.open(context, call);
      if (!opened.ok) return opened;
      const { clientId } = opened.value;
      const from = sourceOf({ ...call, request: context.req.raw });
      const named = context.req.param('user_id') ?? '';
      const who = operatorSubject({ id: clientId, via: clientId }, named, ports.everyScope, from);
      return who === null ? err({ reason: 'not_found' }) : ok(who);
    },
  };

  /** Anybody who presents a credential that is good, of any kind. */
  const anybody: Door<Caller> = {
    security: 'credential',
    refusals: [...OF_CREDENTIALS, 'owner_suspended', 'address_not_allowed'],
    open: (context, call) =>
      callerOf(ports, context, call, { kinds: CREDENTIAL_KINDS, maxAuthAgeSeconds: null }),
  };

  /** Everybody, so many calls of an address and no more. */
  const stranger: Door<Author> = {
    security: 'none',
    refusals: ['address_limited'],
    open: async (context, call) => {
      const refusal = await strangerRefusal(ports.throttle, context.req.raw.headers);
      return refusal === null
        ? ok(authorOf(context.req.raw, call, { kind: 'anyone', id: null }, null))
        : err(refusal);
    },
  };

  /** Everybody, for what costs nothing. */
  const open: Door<null> = { security: 'none', refusals: [], open: async () => ok(null) };

  /** OAuth clients: how one authenticates may stand in its form, which is not read here. */
  const client: Door<null> = { security: 'client', refusals: [], open: async () => ok(null) };

  /** Whoever asks about tokens, or ends them: clients, and who presents a token of his own. */
  const asker: Door<null> = { ...client, security: 'asker' };

  return { own, organization, operator, ofUser, anybody, stranger, open, client, asker };
};

export type Doors = ReturnType<typeof createDoors>;

/** A client of the operator's own backend. */
export interface Operator {
  readonly clientId: string;
  readonly author: Author;
}

/** Who does something in a call, as the audit trail writes it down. */
export const authorOf = (
  request: Request,
  { requestId }: Call,
  actor: Author['actor'],
  via: string | null,
): Author => ({ ...sourceOf({ request, requestId }), actor, via });

/** Who calls, if his credential is what is asked for. */
const callerOf = async (
  ports: Pick<DeskPorts, 'extract' | 'identify'>,
  context: Context,
  { trace }: Call,
  asked: Asked,
): Promise<Result<Caller>> => {
  const credential: Result<Credential> = ports.extract(context.req.raw.headers);
  if (!credential.ok) return credential;
  trace.credential = kindOf(credential.value);
  return ports.identify(credential.value, asked, trace, context.req.raw);
};

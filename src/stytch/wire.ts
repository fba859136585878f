import type { StytchClient, StytchClientPage } from '../model/ports.ts';
import * as z from '../model/zod.ts';

const tokenAnswer = z.object({
  access_token: z.string().check(z.minLength(1)),
  token_type: z.string().check(z.regex(/^bearer$/i)),
});
const clientAnswer = z.object({ m2m_client: z.object({ client_id: z.string() }) });
const nothingAsEmpty = z.pipe(
  z.nullable(z.string()),
  z.transform((text) => text ?? ''),
);
const m2mClient = z.pipe(
  z.object({
    client_id: z.string().check(z.minLength(1)),
    // Whether one that was never given is '' or null, no source tells.
    client_name: nothingAsEmpty,
    client_description: nothingAsEmpty,
    scopes: z.array(z.string()),
    status: z.enum(['active', 'inactive']),
    trusted_metadata: z.nullish(z.record(z.string(), z.unknown())),
    client_secret_last_four: z.string(),
    next_client_secret_last_four: z.nullish(z.string()),
  }),
  z.transform(
    (client): StytchClient => ({
      clientId: client.client_id,
      name: client.client_name,
      description: client.client_description,
      scopes: client.scopes,
      status: client.status,
      trustedMetadata: client.trusted_metadata ?? {},
      lastFour: client.client_secret_last_four,
      nextLastFour: client.next_client_secret_last_four ?? null,
    }),
  ),
);
const wholeClientAnswer = z.pipe(
  z.object({ m2m_client: m2mClient }),
  z.transform(({ m2m_client }) => m2m_client),
);
const searchAnswer = z.pipe(
  z.object({
    m2m_clients: z.array(m2mClient),
    results_metadata: z.object({ next_cursor: z.nullish(z.string()) }),
  }),
  z.transform(
    ({ m2m_clients, results_metadata }): StytchClientPage => ({
      clients: m2m_clients,
      nextCursor: results_metadata.next_cursor || null,
    }),
  ),
);
const rotationAnswer = z.object({
  m2m_client: z.object({ client_id: z.string(), next_client_secret: z.string().check(z.minLength(1)) }),
});
/** An address is told to its owner alone, and never more than one fits. */
const email = z.string().check(z.minLength(1), z.maxLength(254));
const userSessionAnswer = z.pipe(
  z.object({
    session: z.looseObject({ session_id: z.string(), user_id: z.string() }),
    // One that cannot be read is one that nobody is told of.
    user: z.catch(z.object({ emails: z.array(z.object({ email })) }), { emails: [] }),
  }),
  z.transform(({ session, user }) => ({
    ...{ claim: { ...session, id: session.session_id }, subject: session.user_id },
    ...{ organizationId: null, email: user.emails[0]?.email ?? null },
  })),
);
const memberSessionAnswer = z.pipe(
  z.object({
    member_session: z.looseObject({
      ...{ member_session_id: z.string(), member_id: z.string(), organization_id: z.string() },
    }),
    member: z.catch(z.object({ email_address: z.nullable(email) }), { email_address: null }),
  }),
  z.transform(({ member_session, member }) => ({
    ...{
      claim: { ...member_session, id: member_session.member_session_id },
      subject: member_session.member_id,
    },
    ...{ organizationId: member_session.organization_id, email: member.email_address },
  })),
);
const userAnswer = z.object({
  user_id: z.string(),
  roles: z.nullish(z.array(z.string()).check(z.maxLength(100))),
});
const usersFound = z.object({
  results: z
    .array(z.object({ user_id: z.string(), emails: z.array(z.object({ email })) }))
    .check(z.maxLength(100)),
});
const organizationsFound = z.object({
  organizations: z.array(z.object({ organization_id: z.string() })).check(z.maxLength(100)),
});
const membersFound = z.object({
  members: z
    .array(z.object({ member_id: z.string(), organization_id: z.string(), email_address: email }))
    .check(z.maxLength(100)),
});
/** It says that a session is over, and nothing more. */
const revokeAnswer = z.object({ request_id: z.string(), status_code: z.literal(200) });
const deleteAnswer = z.object({ client_id: z.string() });
const reader =
  <S extends z.ZodMiniType>(schema: S) =>
  (body: unknown): z.infer<S> | null => {
    const parsed = schema.safeParse(body);
    return parsed.success ? parsed.data : null;
  };

/** The access token of a token answer (RFC 6749 §5.1). */
export const readTokenAnswer = reader(tokenAnswer);

/** Of a client that was made or changed, its id alone. */
export const readClientAnswer = reader(clientAnswer);

/** A client with all that Stytch shows of one. */
export const readWholeClient = reader(wholeClientAnswer);

/** One page of a search. */
export const readSearchAnswer = reader(searchAnswer);

/** The only answer that carries the secret of a rotation. */
export const readRotationAnswer = reader(rotationAnswer);

/** Of a user, whose it is and what roles he has. */
export const readUserAnswer = reader(userAnswer);

/** Users by an address. */
export const readUsersFound = reader(usersFound);

/** Organisations that have a member by an address. */
export const readOrganizationsFound = reader(organizationsFound);

/** Members by an address. */
export const readMembersFound = reader(membersFound);

export const readRevokeAnswer = reader(revokeAnswer);

export const readDeleteAnswer = reader(deleteAnswer);

/** A session of a user, as `readSessionClaim` reads claims, and whose it is. */
export const readUserSession = reader(userSessionAnswer);

/** The same of a member. */
export const readMemberSession = reader(memberSessionAnswer);

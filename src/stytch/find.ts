import type { FoundOwner, Outcome } from '../model/ports.ts';
import { call, type Wires } from './call.ts';
import { managing, type StytchProject } from './project.ts';
import { ownerOfSession } from './session-claim.ts';
import { readMembersFound, readOrganizationsFound, readUsersFound } from './wire.ts';

/** Stytch's SDK: a search may take nine seconds. Somebody waits for it, so that it is made once. */
const SEARCH = { deadlineMs: 10_000, idempotent: false } as const;

/** Most that is read of an answer: people come with all that Stytch knows of them. */
const MAX_ANSWER_BYTES = 1_048_576;

/** Nobody reads a longer list than this. */
const LIMIT = 20;

type Body = Readonly<Record<string, unknown>>;

/** People of the project by an address, exactly; none is an answer. */
export const createFinding = (project: StytchProject, wires: Wires) => {
  const manage = managing(project);
  const search = <T>(path: string, body: Body, read: (body: unknown) => T | null): Promise<Outcome<T>> =>
    call(
      wires,
      `${project.baseUrl}${path}`,
      manage('POST', JSON.stringify(body), { ...SEARCH, maxAnswerBytes: MAX_ANSWER_BYTES }),
      read,
    );

  const usersBy = (email: string): Promise<Outcome<readonly FoundOwner[]>> =>
    search('/v1/users/search', { limit: LIMIT, query: filtered('email_address', email) }, (body) =>
      whole(
        readUsersFound(body)?.results.map(({ user_id, emails }) => ({
          owner: ownerOfSession(user_id, undefined, 'consumer'),
          // He may have several: told is the one that he was found by.
          email: emails.find((each) => isSame(each.email, email))?.email ?? email,
        })),
      ),
    );

  /** Members are looked for in organisations that are named: those that have one by this address (SDK: SearchQueryOperand). */
  const membersBy = async (email: string): Promise<Outcome<readonly FoundOwner[]>> => {
    const query = filtered('member_emails', email);
    const organizations = await search('/v1/b2b/organizations/search', { limit: LIMIT, query }, (body) =>
      readOrganizationsFound(body),
    );
    if (organizations.outcome !== 'answered') return organizations;
    const ids = organizations.value.organizations.map(({ organization_id }) => organization_id);
    if (ids.length === 0) return { outcome: 'answered', value: [] };
    const asked = { organization_ids: ids, limit: LIMIT, query };
    return await search('/v1/b2b/organizations/members/search', asked, (body) =>
      whole(
        readMembersFound(body)?.members.map(({ member_id, organization_id, email_address }) => ({
          owner: ownerOfSession(member_id, { organization_id }, 'b2b'),
          email: email_address,
        })),
      ),
    );
  };

  return { findUsers: project.vertical === 'b2b' ? membersBy : usersBy };
};

export type Finding = ReturnType<typeof createFinding>;

/** As it was typed, and as addresses are mostly written: whether Stytch tells their case apart, no source says. */
const filtered = (name: string, email: string): Body => ({
  operator: 'AND',
  operands: [{ filter_name: name, filter_value: [...new Set([email, email.toLowerCase()])] }],
});

const isSame = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

type Read = Omit<FoundOwner, 'owner'> & { readonly owner: FoundOwner['owner'] | null };

/** An answer with somebody in it who is nobody of the project's is none. */
const whole = (found: readonly Read[] | undefined): readonly FoundOwner[] | null =>
  found?.every((each): each is FoundOwner => each.owner !== null) === true ? found : null;

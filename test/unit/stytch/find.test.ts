import { describe, expect, it } from 'vitest';
import { createStytch } from '../../../src/stytch/client.ts';
import {
  answer,
  BASIC,
  type Deed,
  headersOf,
  PROJECT,
  SILENCES,
  scripted,
  stytch,
  stytchError,
} from './wires.ts';

const USER = 'user-test-e3795c81-f849-4167-bfda-e4a6e9c280fd';
const MEMBER = USER.replace('user', 'member');
const ORGANIZATION = USER.replace('user', 'organization');
const found = (...results: readonly object[]) => ({ status_code: 200, request_id: 'x', results });
const ada = { user_id: USER, status: 'active', emails: [{ email: 'x@y.zz' }, { email: 'ada@example.com' }] };

describe('findUsers', () => {
  it('asks for the address as it was typed and in lower case, once, as the project', async () => {
    const { api, sent } = stytch(answer(found(ada)));
    expect(await api.findUsers('Ada@example.com')).toEqual({
      outcome: 'answered',
      value: [{ owner: { kind: 'user', id: USER, organizationId: null }, email: 'ada@example.com' }],
    });
    expect([sent[0]?.url, sent[0]?.init.method]).toEqual([
      'https://test.stytch.test/v1/users/search',
      'POST',
    ]);
    expect(headersOf(sent[0]).authorization).toBe(BASIC);
    expect(JSON.parse(String(sent[0]?.init.body))).toEqual({
      limit: 20,
      query: {
        operator: 'AND',
        operands: [{ filter_name: 'email_address', filter_value: ['Ada@example.com', 'ada@example.com'] }],
      },
    });
  });

  it('nobody is an answer', async () => {
    expect(await stytch(answer(found())).api.findUsers('ada@example.com')).toEqual({
      ...{ outcome: 'answered', value: [] },
    });
  });

  it.each([
    ...SILENCES,
    ['somebody without an id', () => answer(found({ ...ada, user_id: undefined }))],
    ['somebody who is no user', () => answer(found(ada, { ...ada, user_id: MEMBER }))],
    ['an id that leads elsewhere', () => answer(found({ ...ada, user_id: '../../sign-out' }))],
    ['more than anybody asked for', () => answer(found(...Array(101).fill(ada)))],
  ] as const)('answered with %s tells nobody, and is not asked again', async (_, deed) => {
    const { api, sent } = stytch(deed());
    expect((await api.findUsers('ada@example.com')).outcome).toBe('unreachable');
    expect(sent).toHaveLength(1);
  });

  it('is declined where Stytch does', async () => {
    const { api } = stytch(stytchError('unauthorized_credentials', 401));
    expect(await api.findUsers('ada@example.com')).toMatchObject({ outcome: 'declined', status: 401 });
  });
});

describe('findUsers of a project of organisations', () => {
  const b2b = async (...deeds: readonly Deed[]) => {
    const script = scripted(...deeds);
    const api = createStytch({ ...PROJECT, vertical: 'b2b' }, script.wires);
    return { outcome: await api.findUsers('lin@example.com'), sent: script.sent };
  };
  const organizations = (...ids: readonly unknown[]) =>
    answer({ request_id: 'x', organizations: ids.map((organization_id) => ({ organization_id })) });
  const lin = { member_id: MEMBER, organization_id: ORGANIZATION, email_address: 'lin@example.com' };
  const members = (...each: readonly object[]) => answer({ request_id: 'x', members: each });

  it('finds the organisations that have such a member, then the members in those', async () => {
    const { outcome, sent } = await b2b(organizations(ORGANIZATION), members(lin));
    expect(outcome).toEqual({
      outcome: 'answered',
      value: [
        {
          owner: { kind: 'member', id: MEMBER, organizationId: ORGANIZATION },
          email: 'lin@example.com',
        },
      ],
    });
    const query = {
      operator: 'AND',
      operands: [{ filter_name: 'member_emails', filter_value: ['lin@example.com'] }],
    };
    expect(sent.map(({ url, init }) => [url, JSON.parse(String(init.body))])).toEqual([
      ['https://test.stytch.test/v1/b2b/organizations/search', { limit: 20, query }],
      [
        'https://test.stytch.test/v1/b2b/organizations/members/search',
        { organization_ids: [ORGANIZATION], limit: 20, query },
      ],
    ]);
  });

  it('asks for no members of no organisation', async () => {
    const { outcome, sent } = await b2b(organizations());
    expect([outcome, sent.length]).toEqual([{ outcome: 'answered', value: [] }, 1]);
  });

  it.each([
    ['the first is silent', [stytchError('internal_server_error', 500)]],
    ['the second is silent', [organizations(ORGANIZATION), stytchError('internal_server_error', 500)]],
    ['an organisation has no id', [organizations(7)]],
    ['a member is a user', [organizations(ORGANIZATION), members({ ...lin, member_id: USER })]],
    ['a member is of none', [organizations(ORGANIZATION), members({ ...lin, organization_id: 'x' })]],
    ['a member has no address', [organizations(ORGANIZATION), members({ ...lin, email_address: null })]],
  ] as const)('tells nobody when %s', async (_, deeds) => {
    expect((await b2b(...deeds)).outcome.outcome).toBe('unreachable');
  });
});

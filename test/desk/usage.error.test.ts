import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  cannotTell,
  desk,
  emulator,
  isolate,
  issueKey,
  now,
  refusalOf,
  rooms,
  signIn,
  stytchCalls,
} from '../world.ts';

const NONE = { challenge: null, retryAfter: null };
const invalid = (pointer: string, detail: RegExp) => ({
  ...{ status: 400, code: 'request_invalid', ...NONE },
  errors: [{ pointer, detail: expect.stringMatching(detail) }],
});
const NOT_FOUND = { status: 404, code: 'not_found', ...NONE };

let session: string;
let keyId: string;

beforeEach(async () => {
  session = await signIn();
  ({ key_id: keyId } = await issueKey(session));
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});
afterEach(now);

const ago = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();

describe.each([
  ['of a key', () => `/v1/keys/${keyId}/usage`],
  ['of all', () => '/v1/usage'],
])('usage %s refuses', (_, path) => {
  it.each([
    ['a bucket that is none', () => 'by=minute', '/by', /hour.*day/],
    ['an empty bucket', () => 'by=', '/by', /hour.*day/],
    ['a day as a beginning', () => 'from=2026-11-01', '/from', /RFC 3339/],
    ['a time without a zone', () => 'from=2026-11-01T00:00:00', '/from', /RFC 3339/],
    ['a day that is none', () => 'to=2026-02-30T00:00:00Z', '/to', /RFC 3339/],
    ['a number', () => 'to=1700000000', '/to', /RFC 3339/],
    ['an empty end', () => 'to=', '/to', /RFC 3339/],
    ['a range that goes backwards', () => `from=${ago(1)}&to=${ago(2)}`, '/from', /before "to"/],
    ['a range ahead', () => `from=${ago(-2)}`, '/from', /not ahead/],
    ['32 days by hour', () => `from=${ago(32)}`, '/from', /31 days/],
    ['91 days by day', () => `by=day&from=${ago(91)}`, '/from', /90 days/],
    ['all time', () => 'by=day&from=0000-01-01T00:00:00Z', '/from', /90 days/],
  ])('%s, by its pointer, and asks no more than it must', async (_name, query, pointer, detail) => {
    const here = isolate();
    const refused = await refusalOf(await here.desk(session, 'GET', `${path()}?${query()}`));
    expect(refused).toEqual(invalid(pointer, detail));
    expect(here.calls).not.toContain('ring.usage');
  });

  it('to guess while the Ring is silent', async () => {
    const silent = { getByName: () => ({ usage: fails, get: fails }) };
    const answer = await isolate({ KEY_RING: silent }).desk(session, 'GET', path());
    expect(await refusalOf(answer)).toEqual(cannotTell());
  });

  it('an answer of the Ring that is none', async () => {
    const odd = { getByName: () => ({ usage: async () => [{ at: 'now' }], get: async () => ({}) }) };
    const answer = await isolate({ KEY_RING: odd }).desk(session, 'GET', path());
    expect(await refusalOf(answer)).toEqual(cannotTell());
  });
});

const fails = async (): Promise<never> => {
  throw new Error('the Ring is down');
};

describe('usage of a key that is none', () => {
  it.each(['x', `acme_test_${'0'.repeat(28)}`, 'm2m-client-test-1', 'Session', 'k'.repeat(257), '%00'])(
    '%s is 404',
    async (id) => {
      const refused = await refusalOf(await desk(session, 'GET', `/v1/keys/${id}/usage`));
      expect(refused).toEqual(NOT_FOUND);
      expect(await stytchCalls()).toEqual({});
    },
  );

  it('of the owner’s own Ring is 404 as well', async () => {
    const unknown = `${keyId.slice(0, 27)}${'0'.repeat(11)}`;
    expect(await refusalOf(await desk(session, 'GET', `/v1/keys/${unknown}/usage`))).toEqual(NOT_FOUND);
  });
});

describe('usage is only to be read', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s is 405', async (method) => {
    for (const path of ['/v1/usage', `/v1/keys/${keyId}/usage`]) {
      const answer = await desk(session, method, path);
      expect(answer.headers.get('allow')).toBe('GET');
      expect(await refusalOf(answer)).toEqual({ status: 405, code: 'method_not_allowed', ...NONE });
    }
  });
});

import { describe, expect, it } from 'vitest';
import { answer, BASIC, cutOff, headersOf, SILENCES, stytch, stytchError, timeout } from './wires.ts';

const SECRET = 'NHQhc7ZqsXJVtgmN2MXr1etqsQrGAwJ-iBWNLKY7DzJj';
const CLIENT = {
  client_id: 'acme_test_1',
  client_name: 'A key',
  client_description: '',
  status: 'active',
  scopes: ['items:read'],
  client_secret_last_four: 'abcd',
  trusted_metadata: {},
  next_client_secret_last_four: null,
};
const STARTED = { ...CLIENT, next_client_secret_last_four: 'DzJj', next_client_secret: SECRET };
const shown = (client: unknown) => answer({ m2m_client: client, status_code: 200 });
const GONE = () => stytchError('m2m_client_not_found', 404);

/** What is no answer to what was asked here. */
const NO_ANSWERS = [
  ...SILENCES,
  ['an answer for another client', () => shown({ ...STARTED, client_id: 'acme_test_2' })],
  ['64 KiB and more', () => shown({ ...STARTED, trusted_metadata: { long: 'x'.repeat(65_536) } })],
] as const;

describe('startRotation', () => {
  it('asks for a next secret, as the project, and answers it', async () => {
    const { api, sent } = stytch(shown(STARTED));
    expect(await api.startRotation('acme_test_1')).toEqual({
      ...{ outcome: 'answered', value: { rotation: 'started', nextClientSecret: SECRET } },
    });
    expect(sent[0]).toMatchObject({
      url: 'https://test.stytch.test/v1/m2m/clients/acme_test_1/secrets/rotate/start',
      init: { method: 'POST', body: '{}' },
    });
    expect(headersOf(sent[0])).toEqual({ authorization: BASIC, 'content-type': 'application/json' });
  });

  it.each([
    [stytchError('m2m_client_already_rotating_secret', 400), { rotation: 'running' }],
    [stytchError('m2m_client_already_rotating_secret', 409), { rotation: 'running' }],
    [GONE(), { rotation: 'no_client' }],
  ])('that cannot begin tells why', async (deed, value) => {
    expect(await stytch(deed).api.startRotation('acme_test_1')).toEqual({ outcome: 'answered', value });
  });

  it('is declined for any other reason', async () => {
    expect(await stytch(stytchError('route_not_found', 404)).api.startRotation('x')).toEqual({
      ...{ outcome: 'declined', status: 404, code: 'route_not_found' },
    });
  });

  it.each([
    ...NO_ANSWERS,
    ['no secret', () => shown({ ...STARTED, next_client_secret: undefined })],
    ['an empty secret', () => shown({ ...STARTED, next_client_secret: '' })],
    ['a secret that is no text', () => shown({ ...STARTED, next_client_secret: [SECRET] })],
  ] as const)('answered with %s is never made again: a secret may have been minted', async (_, deed) => {
    const { api, sent, slept } = stytch(deed(), shown(STARTED));
    const outcome = await api.startRotation('acme_test_1');
    expect(outcome).toMatchObject({ outcome: 'unreachable' });
    expect(JSON.stringify(outcome)).not.toContain(SECRET);
    expect([sent.length, slept]).toEqual([1, []]);
  });
});

describe.each([
  ['finishRotation', ''],
  ['cancelRotation', '/cancel'],
] as const)('%s', (method, step) => {
  const NOT_ROTATING = () => stytchError('m2m_client_not_rotating_secret', 400);

  it('ends the rotation, as the project', async () => {
    const { api, sent } = stytch(shown(CLIENT));
    expect(await api[method]('acme_test_1')).toEqual({ outcome: 'answered', value: 'ended' });
    expect(sent[0]).toMatchObject({
      url: `https://test.stytch.test/v1/m2m/clients/acme_test_1/secrets/rotate${step}`,
      init: { method: 'POST', body: '{}' },
    });
    expect(headersOf(sent[0])).toEqual({ authorization: BASIC, 'content-type': 'application/json' });
  });

  it('names the client in the path, escaped', async () => {
    const { api, sent } = stytch(shown({ ...CLIENT, client_id: 'a/../b' }));
    expect(await api[method]('a/../b')).toMatchObject({ value: 'ended' });
    expect(sent[0]?.url).toBe(`https://test.stytch.test/v1/m2m/clients/a%2F..%2Fb/secrets/rotate${step}`);
  });

  it.each([
    ['that was never begun', [NOT_ROTATING()], 'not_rotating'],
    ['that the try before ended', [timeout(), NOT_ROTATING()], 'ended'],
    ['that the try before ended in a cut-off answer', [cutOff(200), NOT_ROTATING()], 'ended'],
    ['that the third try ends', [timeout(), answer('', 503), shown(CLIENT)], 'ended'],
    ['of no client', [GONE()], 'no_client'],
    ['of a client that is gone meanwhile', [timeout(), GONE()], 'no_client'],
  ])('of a rotation %s tells so', async (_, deeds, value) => {
    expect(await stytch(...deeds).api[method]('acme_test_1')).toEqual({ outcome: 'answered', value });
  });

  it('is declined for any other reason, also after silence', async () => {
    for (const deeds of [[], [timeout()]])
      expect(await stytch(...deeds, stytchError('bad_request', 400)).api[method]('acme_test_1')).toEqual({
        ...{ outcome: 'declined', status: 400, code: 'bad_request' },
      });
  });

  it.each([
    ...NO_ANSWERS,
    ['a rotation that still runs', () => shown({ ...CLIENT, next_client_secret_last_four: 'DzJj' })],
    ['an unknown status', () => shown({ ...CLIENT, status: 'rotating' })],
  ] as const)('answered with %s is asked again, three times in all', async (_, deed) => {
    const { api, sent } = stytch(deed(), deed(), deed());
    expect(await api[method]('acme_test_1')).toMatchObject({ outcome: 'unreachable' });
    expect(sent).toHaveLength(3);
  });
});

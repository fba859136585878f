import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isWebhookSecret } from '../../../src/model/webhook-secret.ts';
import { signWebhook, verifyWebhook } from '../../../src/webhooks/standard.ts';

/** The example that the specification's own libraries are tested with. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const SENT = 1_614_265_330_000;
const BODY = '{"test": 2432232314}';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

const secretOf = (bytes: number, fill = 7): string => `whsec_${Buffer.alloc(bytes, fill).toString('base64')}`;
const OTHER = secretOf(32);

const headersOf = (family: string, changed: Readonly<Record<string, string | undefined>> = {}): Headers => {
  const parts = { id: ID, timestamp: String(SENT / 1000), signature: SIGNATURE, ...changed };
  const entries = Object.entries(parts).flatMap(([name, value]) =>
    value === undefined ? [] : [[`${family}-${name}`, value] as [string, string]],
  );
  return new Headers(entries);
};
const GOOD = { ok: true, id: ID, sentAt: SENT / 1000 };
const bad = (because: string) => ({ ok: false, because });

afterEach(() => {
  vi.useRealTimers();
});

describe.each(['webhook', 'svix'])('a message with %s headers', (family) => {
  const verify = (changed = {}, { secret = SECRET, body = BODY, now = SENT } = {}) =>
    verifyWebhook(secret, headersOf(family, changed), body, now);

  it('that was signed under our secret is the sender’s, and known by its id', () => {
    expect(verify()).toEqual(GOOD);
  });

  it.each(['id', 'timestamp', 'signature'])('is none without its %s', (name) => {
    expect(verify({ [name]: undefined })).toEqual(bad('headers'));
    expect(verify({ [name]: '' })).toEqual(bad('headers'));
  });

  it('is none with an id that is too long to keep, or not plain', () => {
    for (const id of ['x'.repeat(257), 'a b', 'ä']) expect(verify({ id })).toEqual(bad('headers'));
  });

  it.each([
    [0, true],
    [299_999, true],
    [300_999, true],
    [301_000, false],
    [-300_000, true],
    [-300_001, false],
    [86_400_000, false],
  ])('that was sent %i ms before now is taken: %s', (age, taken) => {
    expect(verify({}, { now: SENT + age })).toEqual(taken ? GOOD : bad('timestamp'));
  });

  it.each([
    '0',
    '-1',
    '1.5',
    '1e9',
    '0x10',
    'now',
    '1614265330 0',
    '01614265330',
    '16142653300000',
    'Infinity',
    'NaN',
  ])('is none with the timestamp "%s"', (timestamp) => {
    expect(verify({ timestamp })).toEqual(bad('timestamp'));
  });

  it.each([
    ['another body', {}, { body: `${BODY} ` }],
    ['no body', {}, { body: '' }],
    ['another id', { id: 'msg_x' }, {}],
    ['another time', { timestamp: String(SENT / 1000 + 1) }, {}],
    ['another secret', {}, { secret: OTHER }],
    ['no secret', {}, { secret: '' }],
    ['a secret that is none', {}, { secret: 'whsec_' }],
    ['a version that is none of ours', { signature: SIGNATURE.replace('v1', 'v1a') }, {}],
    ['no version', { signature: SIGNATURE.slice(3) }, {}],
    ['a version alone', { signature: 'v1,' }, {}],
    ['the first half of the signature', { signature: SIGNATURE.slice(0, 25) }, {}],
    ['more behind the signature', { signature: `${SIGNATURE}=` }, {}],
    ['the signature in base64url', { signature: SIGNATURE.replaceAll('+', '-').replaceAll('/', '_') }, {}],
    ['garbage', { signature: 'v1,*** v1 ,, v2,x' }, {}],
  ])('with %s is not the sender’s', (_, changed, given) => {
    expect(verify(changed, given)).toEqual(bad('signature'));
  });

  it('may be signed several times, and one signature is enough', () => {
    const wrong = signWebhook(OTHER, ID, SENT, BODY)['webhook-signature'];
    for (const list of [
      [wrong, SIGNATURE],
      [SIGNATURE, wrong],
      ['v1a,x', '', SIGNATURE],
    ])
      expect(verify({ signature: list.join(' ') })).toEqual(GOOD);
    expect(verify({ signature: `${wrong} ${wrong}` })).toEqual(bad('signature'));
    expect(verify({ signature: `${SIGNATURE},${wrong}` })).toEqual(bad('signature'));
  });

  it('is taken under each of several secrets, while they change', () => {
    for (const secret of [`${SECRET} ${OTHER}`, `${OTHER} ${SECRET}`, `x ${SECRET}`])
      expect(verify({}, { secret })).toEqual(GOOD);
    expect(verify({}, { secret: `${OTHER} ${secretOf(24)}` })).toEqual(bad('signature'));
    expect(verify({}, { secret: SECRET + OTHER })).toEqual(bad('signature'));
  });

  it('is judged by the clock that is given, not by that of the machine', () => {
    vi.useFakeTimers({ now: SENT + 86_400_000 });
    expect(verify()).toEqual(GOOD);
    vi.setSystemTime(SENT);
    expect(verify({}, { now: SENT + 86_400_000 })).toEqual(bad('timestamp'));
  });
});

describe('a message', () => {
  it('with the headers of both families is judged by Standard Webhooks’ own', () => {
    const headers = headersOf('webhook');
    for (const [name, value] of headersOf('svix', { id: 'msg_x' })) headers.set(name, value);
    expect(verifyWebhook(SECRET, headers, BODY, SENT)).toEqual(GOOD);
  });

  it('with a part of each family is none', () => {
    const headers = headersOf('webhook', { id: undefined });
    headers.set('svix-id', ID);
    expect(verifyWebhook(SECRET, headers, BODY, SENT)).toEqual(bad('headers'));
  });

  it('is never thrown over, whatever it says', () => {
    const value = fc.oneof(fc.string(), fc.constantFrom(ID, SIGNATURE, String(SENT / 1000), 'v1,', ' ', ','));
    fc.assert(
      fc.property(
        value,
        value,
        value,
        fc.string({ unit: 'binary' }),
        value,
        (id, timestamp, signature, body, secret) => {
          const headers = new Headers();
          for (const [name, each] of Object.entries({ id, timestamp, signature }))
            if (/^[\x20-\x7e]*$/.test(each)) headers.set(`webhook-${name}`, each);
          expect(verifyWebhook(secret, headers, body, SENT).ok).toBe(false);
        },
      ),
    );
  });

  it('is taken exactly when the library would take it', () => {
    vi.useFakeTimers();
    const at = fc.integer({ min: -400, max: 400 });
    const id = fc.stringMatching(/^[a-z_]{1,8}$/);
    fc.assert(
      fc.property(id, fc.json(), at, fc.constantFrom(SECRET, OTHER), (name, body, age, secret) => {
        const headers = signWebhook(secret, name, SENT, body);
        vi.setSystemTime(SENT + age * 1000);
        const theirs = ((): boolean => {
          try {
            new Webhook(SECRET).verify(body, headers);
            return true;
          } catch {
            return false;
          }
        })();
        expect(verifyWebhook(SECRET, new Headers(headers), body, SENT + age * 1000).ok).toBe(theirs);
      }),
    );
  });
});

describe('a message of ours', () => {
  it('is signed as the specification’s example is', () => {
    expect(signWebhook(SECRET, ID, SENT + 999, BODY)).toEqual({
      'webhook-id': ID,
      'webhook-timestamp': '1614265330',
      'webhook-signature': SIGNATURE,
    });
  });

  it('is signed as node:crypto would sign it', () => {
    const body = '{"name":"Zoë"}';
    const mac = createHmac('sha256', Buffer.alloc(32, 7)).update(`${ID}.1614265330.${body}`).digest('base64');
    expect(signWebhook(OTHER, ID, SENT, body)['webhook-signature']).toBe(`v1,${mac}`);
  });

  it('is signed under each secret while they change, so that a receiver of either takes it', () => {
    const signed = signWebhook(`${SECRET} ${OTHER}`, ID, SENT, BODY);
    expect(signed['webhook-signature'].split(' ')).toHaveLength(2);
    for (const secret of [SECRET, OTHER])
      expect(verifyWebhook(secret, new Headers(signed), BODY, SENT)).toEqual(GOOD);
  });

  it('without a secret is not sent unsigned', () => {
    for (const secret of ['', 'whsec_', 'x'])
      expect(() => signWebhook(secret, ID, SENT, BODY)).toThrow(RangeError);
  });
});

describe('a webhook secret', () => {
  it.each([[24], [25], [26], [32], [63], [64]])('of %i bytes is one', (bytes) => {
    expect(isWebhookSecret(secretOf(bytes))).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['a prefix alone', 'whsec_'],
    ['23 bytes', secretOf(23)],
    ['65 bytes', secretOf(65)],
    ['no prefix', SECRET.slice(6)],
    ['another prefix', SECRET.replace('whsec_', 'whpk_')],
    ['the prefix in capitals', SECRET.replace('whsec_', 'WHSEC_')],
    ['base64url', `whsec_${Buffer.alloc(24, 0xfb).toString('base64url')}`],
    ['no padding', OTHER.replace('=', '')],
    ['padding too much', `${SECRET}====`],
    ['bits beyond its bytes', OTHER.replace(/.=$/, 'd=')],
    ['a line end', `${SECRET}\n`],
    ['a space', `${SECRET} `],
    ['two secrets', `${SECRET} ${OTHER}`],
  ])('is not %s', (_, text) => {
    expect(isWebhookSecret(text)).toBe(false);
  });
});

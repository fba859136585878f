import { describe, expect, it } from 'vitest';
import { toBase62 } from '../../src/model/base62.ts';
import { spellKey } from '../../src/model/key.ts';
import { openKeychain } from '../../src/model/keychain.ts';
import { inUse, logged } from '../secrets.ts';
import {
  DESK,
  desk,
  dumpOfRing,
  emulator,
  type Isolate,
  isolate,
  issueKey,
  masterKeys,
  ringStub,
  rooms,
  shown,
  signIn,
  stytchCalls,
} from '../world.ts';

const report = (here: Isolate, key: string, more: object = {}): Promise<Response> =>
  here.fetch(`${DESK}/v1/leaked`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key, ...more }),
  });

const NOTHING = { ended: 'nothing', effective_by: null };

/** A CRC-32 as our keys have it, by another hand than ours: the polynomial of IEEE 802.3, bit by bit. */
const withCrc = (text: string): string => {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return text + toBase62(BigInt((crc ^ 0xffffffff) >>> 0), 6);
};

const body = (key: string): string => key.slice(0, -6);
const flipped = (char: string | undefined): string => (char === 'a' ? 'b' : 'a');

/** What somebody could make up who knows a key's form, from the key of somebody else. */
const MADE_UP: readonly (readonly [string, (key: string) => string])[] = [
  ['any text', () => 'hello'],
  ['a key without its CRC', body],
  ['a wrong CRC', (key) => body(key) + flipped(key.at(-1)).repeat(6)],
  [
    'another secret, with its CRC',
    (key) => withCrc(`${key.slice(0, 39)}${flipped(key[39])}${key.slice(40, -6)}`),
  ],
  [
    'another tag, with its CRC',
    (key) => withCrc(`${key.slice(0, -17)}${flipped(key.at(-17))}${key.slice(-16, -6)}`),
  ],
  [
    'another number, with its CRC',
    (key) => withCrc(`${key.slice(0, 37)}${flipped(key[37])}${key.slice(38, -6)}`),
  ],
  [
    'another ring, with its CRC',
    (key) => withCrc(`${key.slice(0, 26)}${flipped(key[26])}${key.slice(27, -6)}`),
  ],
  ['another brand, with its CRC', (key) => withCrc(body(key).replace('acme', 'oldacme'))],
  ['a brand that is not ours, with its CRC', (key) => withCrc(body(key).replace('acme', 'evil'))],
  ['the other environment, with its CRC', (key) => withCrc(body(key).replace('_test_', '_live_'))],
  ['the id alone', (key) => key.slice(0, 38)],
  ['in other letters', (key) => key.toUpperCase()],
];

describe('what was made up', () => {
  it.each(MADE_UP)('ends nothing and asks nobody: %s', async (_, madeUp) => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    await emulator('DELETE', '/counters');
    const here = isolate();
    const answer = await report(here, madeUp(key));
    expect([answer.status, await answer.json()]).toEqual([200, NOTHING]);
    expect([here.calls, await stytchCalls()]).toEqual([[], {}]);
    expect(await (await desk(session, 'GET', `/v1/keys/${key_id}`)).json()).toMatchObject({
      status: 'active',
    });
  });

  it('the CRC of these tests is that of our keys', async () => {
    const { key } = await issueKey(await signIn());
    expect(withCrc(body(key))).toBe(key);
  });

  it('makes no Ring', async () => {
    const { key } = await issueKey(await signIn());
    const ring = 'A'.repeat(17);
    await report(isolate(), withCrc(`acme_test_${ring}${key.slice(27, -6)}`));
    expect(await dumpOfRing(rooms.KEY_RING.getByName(ring))).toEqual({});
  });
});

describe('the tag alone', () => {
  it('proves nothing: who stole a master key, and not the secret, ends nothing', async () => {
    const session = await signIn();
    const { key_id } = await issueKey(session);
    const { current } = await openKeychain(masterKeys());
    const forged = await spellKey(key_id, 'S'.repeat(44), current);
    inUse(forged);
    const here = isolate();
    const answer = await report(here, forged);
    expect([answer.status, await answer.json()]).toEqual([200, NOTHING]);
    expect(here.calls).toEqual(['ring.endPresented']);
    expect(await (await desk(session, 'GET', `/v1/keys/${key_id}`)).json()).toMatchObject({
      status: 'active',
    });
    expect((await dumpOfRing(await ringStub(session))).audit?.at(-1)).toMatchObject({
      action: 'key.created',
    });
  });

  it('of a key that was never made leaves no Ring behind', async () => {
    const { current } = await openKeychain(masterKeys());
    const ring = `${'0'.repeat(16)}Z`;
    const forged = await spellKey(`acme_test_${ring}${'0'.repeat(11)}`, 'S'.repeat(44), current);
    inUse(forged);
    expect(await (await report(isolate(), forged)).json()).toEqual(NOTHING);
    expect(await dumpOfRing(rooms.KEY_RING.getByName(ring))).toEqual({});
  });
});

describe('a report', () => {
  it('is answered without the key, and the log has its id alone', async () => {
    const { key, key_id } = await issueKey(await signIn());
    const { body: text, headers } = await shown(await report(isolate(), key));
    for (const part of [key, key.slice(39), key.slice(39, 83)])
      expect(text + JSON.stringify(headers)).not.toContain(part);
    expect(logged().at(-1)).toMatchObject({ route: '/v1/leaked', status: 200, key_id });
  });

  it.each([
    ['the key', (key: string) => `https://paste.example/?k=${key}`],
    ['the key, escaped', (key: string) => `https://paste.example/?k=${key.replaceAll('_', '%5F')}`],
    ['the secret', (key: string) => `https://paste.example/?client_secret=${key.slice(39, 83)}#x`],
    ['another key', () => `https://paste.example/${`acme_test_${'0'.repeat(28)}_${'1'.repeat(61)}`}`],
    ['a password', () => 'https://user:secret@paste.example/a'],
    ['escapes that are no text', () => 'https://paste.example/%ff'],
  ])('that found it in a URL with %s is kept by where that was alone', async (_, source) => {
    const session = await signIn();
    const { key } = await issueKey(session);
    expect(await (await report(isolate(), key, { source: source(key) })).json()).toMatchObject({
      ended: 'key',
    });
    const details = (await dumpOfRing(await ringStub(session))).audit
      ?.filter(({ action }) => action === 'key.leaked')
      .map((row) => JSON.parse(String(row.details)));
    expect(details).toEqual([{ source: 'https://paste.example/', ended: 'key' }]);
  });

  it('that is sent by a hundred at once ends the key once', async () => {
    const session = await signIn();
    const { key } = await issueKey(session);
    const here = isolate();
    const answers = await Promise.all(
      Array.from(
        { length: 100 },
        async () => ((await (await report(here, key)).json()) as { ended: string }).ended,
      ),
    );
    expect(answers.filter((ended) => ended === 'key')).toHaveLength(1);
    const { audit } = await dumpOfRing(await ringStub(session));
    expect(audit?.map(({ action }) => action)).toEqual(['key.created', 'key.leaked', 'key.revoked']);
  });
});

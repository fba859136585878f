import { createHmac, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framed } from '../../../src/model/bytes.ts';
import { fingerprintOf, nameOfAddress } from '../../../src/model/fingerprint.ts';
import { holds } from '../../property.ts';
import { keychainOf, masterKey } from './keys.ts';

const PROJECT = 'project-test-1';
const [current, previous] = (await keychainOf('current', 'previous')).all;
if (current === undefined || previous === undefined) throw new Error('no keys');

type Credential = [project: string, clientId: string, secret: string];

const of = (project: string, id: string, secret: string) => fingerprintOf(current, project, id, secret);

describe('SECURITY 3, property 5 › cache key injective', () => {
  const part = fc.string({ unit: fc.constantFrom('a', 'b', '_', ':', '\0', '\u0001', 'é'), maxLength: 4 });
  /** All that must make a difference. An address has no secret. */
  const named = fc.record({
    kind: fc.constantFrom('secret', 'address'),
    pepper: fc.constantFrom('current', 'previous'),
    project: part,
    id: part,
    secret: part,
  });
  type Named = typeof named extends fc.Arbitrary<infer T> ? T : never;

  const nameFor = ({ kind, pepper, project, id, secret }: Named): Promise<string> => {
    const master = pepper === 'current' ? current : previous;
    return kind === 'secret'
      ? fingerprintOf(master, project, id, secret)
      : nameOfAddress(master, project, id + secret);
  };
  const meant = ({ kind, pepper, project, id, secret }: Named): string =>
    JSON.stringify([kind, pepper, project, ...(kind === 'secret' ? [id, secret] : [id + secret])]);

  it('a fingerprint is shared by no two credentials, kinds, projects or peppers', async ({ annotate }) => {
    const property = fc.asyncProperty(named, named, async (one, other) => {
      expect((await nameFor(one)) === (await nameFor(other))).toBe(meant(one) === meant(other));
      // The same parts, cut elsewhere.
      const { id, secret } = one;
      const cut = { ...one, id: id + secret.slice(0, 1), secret: secret.slice(1) };
      expect((await nameFor(one)) === (await nameFor(cut))).toBe(meant(one) === meant(cut));
    });
    await holds('5 fingerprint', property, annotate);
  });
});

/** What names are made with, derived by somebody else's code. */
const keyOf = (id: string) =>
  new Uint8Array(hkdfSync('sha256', masterKey(id).key, new Uint8Array(0), 'latchkey/v1/fingerprint', 32));

describe('a fingerprint', () => {
  it('is the whole HMAC over the framed kind, project, client_id and secret', async () => {
    const mac = (kind: string) =>
      createHmac('sha256', keyOf('current'))
        .update(framed(kind, PROJECT, 'id', 'secret'))
        .digest('base64url');
    expect(await of(PROJECT, 'id', 'secret')).toBe(mac('client_secret'));
    expect(await of(PROJECT, 'id', 'secret')).not.toBe(mac('session'));
    expect(await of(PROJECT, 'id', 'secret')).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('is the same for the same credential, and says nothing that can be read', async () => {
    const fingerprint = await of(PROJECT, 'id', 'secret');
    expect(fingerprint).toBe(await of(PROJECT, 'id', 'secret'));
    expect(Buffer.from(fingerprint, 'base64url').toString('latin1')).not.toContain('secret');
  });

  it.each([
    ['the boundary of id and secret', [PROJECT, 'ab', 'c'], [PROJECT, 'a', 'bc']],
    ['an empty id', [PROJECT, '', 'abc'], [PROJECT, 'abc', '']],
    ['the boundary of project and id', ['p', '1id', 's'], ['p1', 'id', 's']],
    ['a length in the text', [PROJECT, 'a\0\0\0\u0001b', 'c'], [PROJECT, 'a', 'b\0\0\0\u0001c']],
    ['the project', [PROJECT, 'id', 's'], ['project-live-1', 'id', 's']],
    ['the case', [PROJECT, 'id', 's'], [PROJECT, 'id', 'S']],
    ['a newline', [PROJECT, 'id', 's'], [PROJECT, 'id', 's\n']],
    ['the form of Unicode', [PROJECT, 'id', 'é'], [PROJECT, 'id', 'e\u0301']],
  ] as [string, Credential, Credential][])('differs by %s', async (_, one, other) => {
    expect(await of(...one)).not.toBe(await of(...other));
  });

  it('is no name of an address, and an address has a name that says nothing of it', async () => {
    const name = await nameOfAddress(current, PROJECT, '192.0.2.1');
    expect(name).toBe(
      createHmac('sha256', keyOf('current'))
        .update(framed('address', PROJECT, '192.0.2.1'))
        .digest('base64url'),
    );
    const others = await Promise.all([
      of(PROJECT, '192.0.2.1', ''),
      of(PROJECT, '', '192.0.2.1'),
      nameOfAddress(current, PROJECT, '192.0.2.2'),
      nameOfAddress(current, 'project-test-2', '192.0.2.1'),
      nameOfAddress(previous, PROJECT, '192.0.2.1'),
    ]);
    expect(new Set([name, ...others]).size).toBe(6);
    expect(await nameOfAddress(current, PROJECT, '192.0.2.1')).toBe(name);
  });

  it('differs by master key, and can be made by no key that is there for another use', async () => {
    const made = await Promise.all([
      of(PROJECT, 'id', 's'),
      fingerprintOf(previous, PROJECT, 'id', 's'),
      fingerprintOf({ ...current, fingerprintKey: current.tagKey }, PROJECT, 'id', 's'),
      fingerprintOf({ ...current, fingerprintKey: current.copyKey }, PROJECT, 'id', 's'),
    ]);
    expect(new Set(made).size).toBe(4);
  });
});

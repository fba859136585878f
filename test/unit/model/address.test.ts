import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBlock } from '../../../src/model/address.ts';

describe('the block of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['0000:0000:0000:0000:0000:ffff:192.168.100.228', '192.168.100.228'],
  ])('of %s is %s', (text, block) => {
    expect(addressBlock(text)).toBe(block);
  });

  it.each([
    '',
    'localhost',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '0x1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.4:80',
    '192.0.2.1, 192.0.2.2',
    ':',
    ':::',
    ':1::',
    '1:',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '1:2:3:4:5:6:7::8:9',
    '1:2:3:4::5:6:7:8',
    '12345::',
    'g::',
    '::1.2.3.4.5',
    '1.2.3.4::',
    '::1.2.3.4:5',
    'fe80::1%eth0',
    '[::1]',
    '2001:db8::/64',
    `${'0'.repeat(40)}::1`,
  ])('of "%s" is not known', (text) => {
    expect(addressBlock(text)).toBeNull();
  });

  it('of no address is not known', () => {
    expect(addressBlock(null)).toBeNull();
  });

  const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
  const hex = (group: number): string => group.toString(16);

  /** The spellings of one address: with zeros, in capitals, with each run of zeros left out, with a dotted end. */
  const spellings = (address: readonly number[]): readonly string[] => {
    const plain = address.map(hex);
    const shortened = plain.flatMap((_, from) =>
      plain.flatMap((_, i) => {
        const to = from + i + 1;
        const run = address.slice(from, to);
        return to <= 8 && run.every((group) => group === 0)
          ? [`${plain.slice(0, from).join(':')}::${plain.slice(to).join(':')}`]
          : [];
      }),
    );
    const [high = 0, low = 0] = address.slice(6);
    const dotted = `${plain.slice(0, 6).join(':')}:${[high >> 8, high & 255, low >> 8, low & 255].join('.')}`;
    const padded = plain.map((group) => group.padStart(4, '0')).join(':');
    return [plain.join(':'), padded, padded.toUpperCase(), dotted, ...shortened];
  };

  it('is the same for every spelling of one address, and for the whole /64', () => {
    fc.assert(
      fc.property(groups, groups, fc.integer({ min: 0, max: 8 }), (address, other, zeros) => {
        const some = address.map((group, i) => (i < zeros ? 0 : group));
        const [first, ...rest] = spellings(some).map(addressBlock);
        expect(first).not.toBeNull();
        for (const block of rest) expect(block).toBe(first);
        const neighbour = [...some.slice(0, 4), ...other.slice(4)];
        if (first?.includes(':')) {
          const block = addressBlock(neighbour.map(hex).join(':'));
          if (block?.includes(':')) expect(block).toBe(first);
        }
      }),
    );
  });

  it('of two networks differs', () => {
    fc.assert(
      fc.property(groups, groups, (one, other) => {
        fc.pre(one.slice(0, 4).join() !== other.slice(0, 4).join());
        expect(addressBlock(one.map(hex).join(':'))).not.toBe(addressBlock(other.map(hex).join(':')));
      }),
    );
  });

  it('is known of exactly the texts that Node takes for an address without a zone', () => {
    const pieces = fc.constantFrom(
      '0',
      '1',
      'ffff',
      'FF',
      ':',
      '::',
      '.',
      '255',
      '256',
      '1.2.3.4',
      '00',
      'g',
    );
    const text = fc.array(pieces, { maxLength: 18 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(text, fc.ipV4(), fc.ipV6()), (each) => {
        expect(addressBlock(each) !== null, each).toBe(isIPv4(each) || isIPv6(each));
      }),
      { numRuns: 2000 },
    );
  });
});

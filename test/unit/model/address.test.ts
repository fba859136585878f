import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressBlock, addressIn, addressRanges, isAddressRange } from '../../../src/model/address.ts';

const liesIn = (address: string | null, ranges: readonly string[]): boolean =>
  addressIn(address, addressRanges(ranges));

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

describe('a range of addresses', () => {
  it.each([
    '192.0.2.1',
    '192.0.2.1/32',
    '192.0.2.0/24',
    '10.0.0.0/8',
    '128.0.0.0/1',
    '0.0.0.0/0',
    '2001:db8::1',
    '2001:DB8::/32',
    '2001:0db8:0000:0000:0000:0000:0000:0000/32',
    '2001:db8::1/128',
    '64:ff9b::/96',
    '64:ff9b::192.0.2.0/120',
    'fe80::/10',
    '::/0',
    '::1/128',
  ])('is %s', (text) => {
    expect(isAddressRange(text)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['a prefix alone', '/8'],
    ['an address with an empty prefix', '192.0.2.0/'],
    ['a block with a bit below its prefix', '10.0.0.1/8'],
    ['a block with its lowest bit set', '192.0.2.1/31'],
    ['an IPv6 block with a bit below its prefix', '2001:db8::1/32'],
    ['an IPv6 block with a bit just below its prefix', 'fe80::/8'],
    ['a prefix beyond 32', '192.0.2.1/33'],
    ['a prefix beyond 128', '2001:db8::1/129'],
    ['a prefix with a leading zero', '10.0.0.0/08'],
    ['a prefix of zeros', '0.0.0.0/00'],
    ['a negative prefix', '0.0.0.0/-0'],
    ['a prefix with a sign', '10.0.0.0/+8'],
    ['a prefix that is a mask', '10.0.0.0/255.0.0.0'],
    ['two prefixes', '10.0.0.0/8/8'],
    ['a prefix with a space', '10.0.0.0/8 '],
    ['a prefix with a line end', '10.0.0.0/8\n'],
    ['an octet with a leading zero', '010.0.0.0/8'],
    ['a block short of octets', '10/8'],
    ['an IPv4-mapped address', '::ffff:192.0.2.1'],
    ['an IPv4-mapped block', '::ffff:192.0.2.0/120'],
    ['all IPv4-mapped addresses', '::ffff:0:0/96'],
    ['an address with a zone', 'fe80::1%eth0'],
    ['a block with a zone', 'fe80::%eth0/64'],
    ['an address in brackets', '[2001:db8::1]'],
    ['two addresses', '192.0.2.1,192.0.2.2'],
    ['a span of addresses', '192.0.2.1-192.0.2.9'],
    ['a wildcard', '192.0.2.*'],
    ['a name', 'localhost'],
  ])('is not %s', (_, text) => {
    expect(isAddressRange(text)).toBe(false);
    expect(liesIn('192.0.2.1', [text])).toBe(false);
  });
});

describe('an address', () => {
  it.each([
    ['192.0.2.77', '192.0.2.0/24'],
    ['192.0.2.77', '192.0.2.77'],
    ['10.255.255.255', '10.0.0.0/8'],
    ['203.0.113.9', '0.0.0.0/0'],
    ['::ffff:192.0.2.77', '192.0.2.0/24'],
    ['::FFFF:C000:024D', '192.0.2.77/32'],
    ['2001:db8:0:0:ffff::1', '2001:db8::/64'],
    ['2001:DB8::5', '2001:0db8::5'],
    ['2001:db8::5', '::/0'],
  ])('%s lies in %s', (address, range) => {
    expect(liesIn(address, [range])).toBe(true);
  });

  it.each([
    ['192.0.3.1', '192.0.2.0/24'],
    ['192.0.2.78', '192.0.2.77'],
    ['11.0.0.0', '10.0.0.0/8'],
    ['2001:db8:0:1::', '2001:db8::/64'],
    ['192.0.2.1', '::/0'],
    ['::ffff:192.0.2.1', '::/0'],
    ['2001:db8::1', '0.0.0.0/0'],
    ['::192.0.2.1', '192.0.2.0/24'],
  ])('%s does not lie in %s', (address, range) => {
    expect(liesIn(address, [range])).toBe(false);
  });

  it.each([
    ['no address', null],
    ['an empty one', ''],
    ['a name', 'localhost'],
    ['one with a port', '192.0.2.1:80'],
    ['one with a zone', 'fe80::1%eth0'],
    ['two of them', '192.0.2.1, 192.0.2.2'],
    ['a block', '192.0.2.0/24'],
  ])('that is not known lies nowhere: %s', (_, address) => {
    expect(liesIn(address, ['0.0.0.0/0', '::/0'])).toBe(false);
  });

  it('lies in nothing when there is nothing', () => {
    expect(liesIn('192.0.2.1', [])).toBe(false);
  });

  it('lies in the ranges when it lies in any one of them', () => {
    const ranges = ['192.0.2.0/24', '2001:db8::/32', '198.51.100.7'];
    expect(['192.0.2.1', '2001:db8::1', '198.51.100.7'].map((each) => liesIn(each, ranges))).toEqual([
      true,
      true,
      true,
    ]);
    expect(liesIn('198.51.100.8', ranges)).toBe(false);
  });

  /** An address as a number of its 32 or 128 bits, and its spellings. */
  const ipv4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
  const ipv6 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
  const dotted = (value: bigint): string =>
    [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
  const groups = (value: bigint): string =>
    Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16)).join(':');
  const isMapped = (value: bigint): boolean => value >> 32n === 0xffffn;

  /** A block around one number, and another number that is mostly close to it. */
  const blockAnd = (width: number, value: fc.Arbitrary<bigint>) =>
    fc
      .tuple(value, fc.integer({ min: 0, max: width }), fc.integer({ min: 0, max: width - 1 }), value)
      .chain(([address, prefix, flipped, far]) => {
        const below = 2n ** BigInt(width - prefix);
        const network = (address / below) * below;
        const near = address ^ (1n << BigInt(flipped));
        return fc.record({
          network: fc.constant(network),
          prefix: fc.constant(prefix),
          address: fc.constantFrom(address, near, far),
          holds: fc.constant((other: bigint) => other / below === network / below),
        });
      });

  it('of IPv4 lies in a block exactly if it has the block’s first bits, however it is spelled', () => {
    fc.assert(
      fc.property(blockAnd(32, ipv4), ({ network, prefix, address, holds }) => {
        const range = `${dotted(network)}/${prefix}`;
        expect(isAddressRange(range), range).toBe(true);
        for (const text of [dotted(address), `::ffff:${dotted(address)}`, groups((0xffffn << 32n) | address)])
          expect(liesIn(text, [range]), `${text} in ${range}`).toBe(holds(address));
      }),
      { numRuns: 1000 },
    );
  });

  it('of IPv6 lies in a block exactly if it has the block’s first bits', () => {
    fc.assert(
      fc.property(blockAnd(128, ipv6), ({ network, prefix, address, holds }) => {
        fc.pre(!isMapped(network) && !isMapped(address));
        const range = `${groups(network)}/${prefix}`;
        expect(isAddressRange(range), range).toBe(true);
        expect(liesIn(groups(address).toUpperCase(), [range]), range).toBe(holds(address));
      }),
      { numRuns: 1000 },
    );
  });

  it('is a range of itself, and a block is one exactly if nothing is set below its prefix', () => {
    fc.assert(
      fc.property(fc.oneof(blockAnd(32, ipv4), blockAnd(128, ipv6)), ({ network, prefix, address }) => {
        fc.pre(!isMapped(network) && !isMapped(address));
        const isLong = network >= 2n ** 32n || address >= 2n ** 32n;
        const width = isLong ? 128 : 32;
        const spell = isLong ? groups : dotted;
        expect(isAddressRange(spell(address))).toBe(true);
        const isClean = prefix <= width && address % 2n ** BigInt(Math.max(width - prefix, 0)) === 0n;
        expect(isAddressRange(`${spell(address)}/${prefix}`)).toBe(isClean);
      }),
      { numRuns: 1000 },
    );
  });
});

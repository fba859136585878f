/** How many of an IPv6 address's eight groups are the network's: below them, one subscriber has all there is. */
const NETWORK_GROUPS = 4;
const GROUP_BITS = 16;

const DECIMAL = /^(?:0|[1-9]\d{0,2})$/;
const GROUP = /^[0-9a-f]{1,4}$/;

/**
 * Whose address it is, as far as an address can say: an IPv4 address, or the /64 of an IPv6 one, in one spelling
 * (RFC 4291 §2.2). An IPv4-mapped address (§2.5.5.2) is the IPv4 address. Null for everything else, a zone or a port
 * among it: nothing is guessed.
 */
export const addressBlock = (text: string | null): string | null => {
  const groups = text === null ? null : parse(text);
  if (groups === null) return null;
  const ipv4 = ipv4Of(groups);
  return ipv4 === null
    ? `${groups.slice(0, NETWORK_GROUPS).map(spell).join(':')}::/64`
    : ipv4.flatMap((group) => [group >> 8, group & 255]).join('.');
};

/**
 * Whether a text is an address, or a block of them as `address/prefix` (RFC 4632 §3.1, RFC 4291 §2.3). One range has one
 * meaning: bits below the prefix are refused, and so are IPv4-mapped ranges, which are to be written as IPv4.
 */
export const isAddressRange = (text: string): boolean => rangeOf(text) !== null;

/** The addresses that begin with the first `prefix` bits of these groups: two for IPv4, eight for IPv6. */
export interface AddressRange {
  readonly groups: readonly number[];
  readonly prefix: number;
}

/** Ranges, read once to be asked about often. What is none holds nothing. */
export const addressRanges = (texts: readonly string[]): readonly AddressRange[] =>
  texts.flatMap((text) => rangeOf(text) ?? []);

/**
 * Whether a client's address lies in one of the ranges; an IPv4-mapped address is the IPv4 one, and no IPv6 range holds
 * it. An address that is not known, or is none, lies in nothing.
 */
export const addressIn = (address: string | null, ranges: readonly AddressRange[]): boolean => {
  const parsed = address === null ? null : parse(address);
  if (parsed === null) return false;
  const groups = ipv4Of(parsed) ?? parsed;
  return ranges.some((range) => holds(range, groups));
};

const rangeOf = (text: string): AddressRange | null => {
  const [address = '', length, ...rest] = text.split('/');
  const groups = rest.length === 0 ? parse(address) : null;
  if (groups === null) return null;
  if (groups.length === 8 && ipv4Of(groups) !== null) return null;
  if (length !== undefined && !DECIMAL.test(length)) return null;
  const bits = groups.length * GROUP_BITS;
  const prefix = length === undefined ? bits : Number(length);
  const isWhole = prefix <= bits && groups.every((group, i) => (group & ~maskOf(prefix, i)) === 0);
  return isWhole ? { groups, prefix } : null;
};

const holds = ({ groups, prefix }: AddressRange, address: readonly number[]): boolean =>
  groups.length === address.length &&
  groups.every((group, i) => group === ((address[i] ?? 0) & maskOf(prefix, i)));

/** The bits of a group that a prefix covers. */
const maskOf = (prefix: number, group: number): number => {
  const covered = Math.min(Math.max(prefix - group * GROUP_BITS, 0), GROUP_BITS);
  return 0xffff & ~(0xffff >> covered);
};

/** An address as groups of 16 bits: two of IPv4, eight of IPv6. */
const parse = (text: string): readonly number[] | null => {
  if (text.length > 45) return null;
  if (text.includes(':')) return groupsOf(text.toLowerCase());
  return isIPv4(text) ? pairsOf(text) : null;
};

/** RFC 4291 §2.5.5.2: the IPv4 address that an IPv4-mapped one is, or that the groups are. */
const ipv4Of = (groups: readonly number[]): readonly number[] | null => {
  if (groups.length === 2) return groups;
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped ? groups.slice(6) : null;
};

const pairsOf = (ipv4: string): readonly number[] => {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
  return [a * 256 + b, c * 256 + d];
};

/** Dotted decimal in its one spelling: a leading zero is octal to some. */
const isIPv4 = (text: string): boolean => {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => DECIMAL.test(part) && Number(part) <= 255);
};

/** The eight groups of an IPv6 address; null for a text that is none. */
const groupsOf = (text: string): readonly number[] | null => {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half, i) => listed(half, i === halves.length - 1));
  if (!head || tail === null) return null;
  if (tail === undefined) return head.length === 8 ? head : null;
  const missing = 8 - head.length - tail.length;
  // RFC 4291 §2.2: "::" stands for one group of zeros or more.
  return missing < 1 ? null : [...head, ...Array<number>(missing).fill(0), ...tail];
};

/** Groups between colons; the last two may be written as an IPv4 address (RFC 4291 §2.2, form 3). */
const listed = (text: string, mayEndDotted: boolean): readonly number[] | null => {
  if (text === '') return [];
  const parts = text.split(':');
  const last = parts.at(-1) ?? '';
  const isDotted = mayEndDotted && isIPv4(last);
  const plain = isDotted ? parts.slice(0, -1) : parts;
  if (!plain.every((part) => GROUP.test(part))) return null;
  return [...plain.map((part) => Number.parseInt(part, 16)), ...(isDotted ? pairsOf(last) : [])];
};

const spell = (group: number): string => group.toString(16);

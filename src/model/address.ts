/** How many of an IPv6 address's eight groups are the network's: below them, one subscriber has all there is. */
const NETWORK_GROUPS = 4;

const DECIMAL = /^(?:0|[1-9]\d{0,2})$/;
const GROUP = /^[0-9a-f]{1,4}$/;

/**
 * Whose address it is, as far as an address can say: an IPv4 address, or the /64 of an IPv6 one, in one spelling
 * (RFC 4291 §2.2). An IPv4-mapped address (§2.5.5.2) is the IPv4 address. Null for everything else, a zone or a port
 * among it: nothing is guessed.
 */
export const addressBlock = (text: string | null): string | null => {
  if (text === null || text.length > 45) return null;
  if (!text.includes(':')) return isIPv4(text) ? text : null;
  const groups = groupsOf(text.toLowerCase());
  if (groups === null) return null;
  return mappedIPv4(groups) ?? `${groups.slice(0, NETWORK_GROUPS).map(spell).join(':')}::/64`;
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
  const dotted = mayEndDotted && isIPv4(last) ? last.split('.').map(Number) : null;
  const plain = dotted === null ? parts : parts.slice(0, -1);
  if (!plain.every((part) => GROUP.test(part))) return null;
  const [a = 0, b = 0, c = 0, d = 0] = dotted ?? [];
  return [
    ...plain.map((part) => Number.parseInt(part, 16)),
    ...(dotted === null ? [] : [a * 256 + b, c * 256 + d]),
  ];
};

const mappedIPv4 = (groups: readonly number[]): string | null => {
  const [high = 0, low = 0] = groups.slice(6);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped ? [high >> 8, high & 255, low >> 8, low & 255].join('.') : null;
};

const spell = (group: number): string => group.toString(16);

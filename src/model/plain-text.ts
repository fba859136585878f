/** The longest name of a key, and the longest description, in characters. */
export const MAX_NAME = 64;
export const MAX_DESCRIPTION = 256;

/** Control characters, and those that turn the reading direction: a name must look like what it is (SECURITY: MG-18). */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u2028\u2029\u200E\u200F\u202A-\u202E\u2066-\u2069\u061C]/gu;

/** How many characters NFC makes one of, at most: as many as its reverse makes of one (UAX 15, §12.1). */
export const COMPOSED_OF = 4;

/** Whether a text is plain, on one line. */
export const isPlain = (text: string): boolean => text.search(UNPRINTABLE) === -1;

/** The beginning of a text that is too long, in whole characters. */
export const shortened = (text: string, max: number): string => {
  let short = '';
  for (const character of text) {
    if (short.length + character.length > max) break;
    short += character;
  }
  return short.trimEnd();
};

/** What can be shown of a text that was written elsewhere, under no rules of ours: plain, in NFC, and no longer than `max`. */
export const plainText = (text: string, max: number): string => {
  const plain = text.slice(0, COMPOSED_OF * max).replaceAll(UNPRINTABLE, ' ');
  return shortened(plain.normalize('NFC').trim(), max);
};

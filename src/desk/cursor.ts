import { fromBase64url, fromUtf8, toBase64url, utf8 } from '../model/bytes.ts';
import type { PagePosition } from '../model/life.ts';

/** Where a page ended, as an opaque text. It is read by its owner's own Ring only, so that it can point nowhere else. */
export const writeCursor = (position: PagePosition | null): string | null =>
  position === null ? null : toBase64url(utf8(`${position.createdAt}.${position.keyId}`));

/** Null for anything that `writeCursor` did not write. */
export const readCursor = (text: string): PagePosition | null => {
  const bytes = fromBase64url(text);
  const [, createdAt, keyId] =
    (bytes === null
      ? null
      : // The id of a client that was made elsewhere may be anything printable.
        /^(0|[1-9]\d{0,14})\.([\x21-\x7E]{1,128})$/.exec(decode(bytes))) ?? [];
  return createdAt === undefined || keyId === undefined ? null : { createdAt: Number(createdAt), keyId };
};

const decode = (bytes: Uint8Array): string => {
  try {
    return fromUtf8(bytes);
  } catch (error) {
    if (error instanceof TypeError) return '';
    throw error;
  }
};

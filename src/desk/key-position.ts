import type { PagePosition } from '../model/life.ts';

/** Where a page of keys ended, as the text that its cursor carries. */
export const writeKeyPosition = ({ createdAt, keyId }: PagePosition): string => `${createdAt}.${keyId}`;

/** Null for anything that `writeKeyPosition` did not write. The id is any client's: not every key was made here. */
export const readKeyPosition = (text: string): PagePosition | null => {
  const [, createdAt, keyId] = /^(0|[1-9]\d{0,14})\.([\x21-\x7E]{1,128})$/.exec(text) ?? [];
  return createdAt === undefined || keyId === undefined ? null : { createdAt: Number(createdAt), keyId };
};

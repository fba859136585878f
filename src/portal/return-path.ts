/** A path of ours and nothing else: no second slash or backslash that makes it a host, nothing unprintable. */
const RELATIVE = /^\/(?![/\\])[\x21-\x5B\x5D-\x7E]{0,2000}$/;

/** Whether a text is spelled as a path that a sign-in leads back to, and no longer than its cookie can hold. */
export const isReturnable = (text: string): boolean => RELATIVE.test(text);

/**
 * Where to go after a sign-in: a path with its query, at this host, of one of the pages; null for all else (WEB-03).
 * It is read as browsers do, compared, and said again in that spelling.
 */
export const returnPath = (
  text: string | null,
  deskUrl: string,
  isPage: (pathname: string) => boolean,
): string | null => {
  if (text === null || !isReturnable(text)) return null;
  const url = URL.parse(text, deskUrl);
  if (url === null || url.origin !== new URL(deskUrl).origin || !isPage(url.pathname)) return null;
  return url.pathname + url.search;
};

/** The request as the origin sees it; `url` is absolute, or begins with `/` as in Node's `IncomingMessage.url`. */
export interface RequestLike {
  readonly method: string;
  readonly url: string;
}

/** The path of a request, in the spelling it came in. */
export const pathOf = (url: string): string => withoutAuthority(withoutQuery(url)) || '/';

export const withoutQuery = (url: string): string => url.replace(/[?#].*$/s, '');

export const withoutAuthority = (url: string): string => url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');

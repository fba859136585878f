/** Reads RFC 7617 credentials, or null when there are none to read. */
export const basic = (headers: Headers): { readonly user: string; readonly password: string } | null => {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  const decoded = encoded === undefined ? null : decode(encoded);
  const colon = decoded?.indexOf(':') ?? -1;
  if (decoded === null || colon < 0) return null;
  return { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
};

const decode = (encoded: string): string | null => {
  try {
    return atob(encoded);
  } catch {
    return null;
  }
};

/** Whether a URL is http on this machine: the one place where a key may travel without TLS. */
export const isHere = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);

/** A URL to which a key may go: over TLS, or on this machine. Null for any other. */
export const safeUrl = (text: string): URL | null => {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isSafe = url.protocol === 'https:' || isHere(url);
  return isSafe && url.username === '' && url.password === '' ? url : null;
};

/** Such a URL without path, query and fragment, as an origin; null for any other. */
export const baseUrl = (text: string): string | null => {
  const url = safeUrl(text);
  return url !== null && url.pathname === '/' && url.search === '' && url.hash === '' ? url.origin : null;
};

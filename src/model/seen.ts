import type { Seen } from './life.ts';
import type { Sender } from './stranger.ts';

/** Families of clients by how their User-Agent begins; the first that fits. Versions are nobody's business. */
const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/^curl\//i, 'curl'],
  [/^wget\//i, 'wget'],
  [/^python-requests\/|^python-httpx\/|^python-urllib|^aiohttp/i, 'python'],
  [/^node(-fetch)?\b|^undici|^axios\/|^got\b/i, 'node'],
  [/^go-http-client\//i, 'go'],
  [/^okhttp\/|^java\/|^apache-httpclient/i, 'java'],
  [/^ruby|^faraday/i, 'ruby'],
  [/^php|^guzzlehttp/i, 'php'],
  [/^postmanruntime\//i, 'postman'],
  [/^mozilla\//i, 'browser'],
];

/** Where a request comes from, as its owner is shown it: a country and a family of clients, nothing closer. */
export const seenFrom = (request: Sender): Seen => {
  const agent = request.headers.get('user-agent') ?? '';
  const family = FAMILIES.find(([pattern]) => pattern.test(agent))?.[1] ?? null;
  const country = (request as Sender & { readonly cf?: { readonly country?: unknown } }).cf?.country;
  const known = typeof country === 'string' && /^[A-Z][A-Z0-9]$/.test(country) ? country : null;
  return { country: known, client: family ?? (agent === '' ? null : 'other') };
};

import type { Visit } from './ports.ts';

/**
 * Headers of every answer of the portal, refusals and redirects among them (WEB-04, WEB-05, WEB-09), besides those of the
 * whole host (`http/for-browsers.ts`). A page is given the script, style and images of this host, sends forms to it and is
 * nothing else: no frame, plug-in, base, and a script that could ask for nothing. Browsers hold the redirect that answers a
 * form to `form-action` as well (CSP 3 §6.4.2), which is why no form leads to the app's sign-in. No text becomes markup or a
 * script, in browsers that know Trusted Types (§4.2): nobody makes a type, so that a script could write to no sink at all.
 * Others pass over what they do not know.
 */
export const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  // Not no-referrer: browsers would then send our own forms with `Origin: null` (Fetch §3.2).
  'referrer-policy': 'same-origin',
};

/** What the portal answers, with all that it always says. */
export const answer = (
  body: BodyInit | null,
  status: number,
  visit: Visit,
  more: Readonly<Record<string, string>> = {},
): Response => {
  const headers = new Headers({ ...HEADERS, 'x-request-id': visit.requestId, ...more });
  for (const cookie of visit.cookies) headers.append('set-cookie', cookie);
  return new Response(body, { status, headers });
};

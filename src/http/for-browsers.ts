/**
 * What every answer of the Desk's host says to browsers, be it a page or not (SECURITY: WEB-04, WEB-10): it is what its type
 * says, stands in no frame, shares no window with another site, is not for other sites to load, and asks for no device.
 */
const ALWAYS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-get=()',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Two years, as browsers' preload lists ask for. Of this host alone: the others are not ours to speak for. */
const HSTS = { 'strict-transport-security': 'max-age=63072000' };

/** What is no page has nothing in it that a browser should load, run or send. Pages say what they need themselves. */
const NO_PAGE = {
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

/** Says it, where an answer has not said it already. */
export const forBrowsers = (answer: Response, deskUrl: string): Response => {
  const said = { ...NO_PAGE, ...ALWAYS, ...(deskUrl.startsWith('https:') ? HSTS : {}) };
  for (const [name, value] of Object.entries(said)) {
    if (!answer.headers.has(name)) answer.headers.set(name, value);
  }
  return answer;
};

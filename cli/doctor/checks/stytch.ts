import type { Check } from './check.ts';

/** Stytch, by a client that is made for it and deleted again. */
export const STYTCH = {
  'STYTCH-01': {
    says: 'Stytch answers',
    advice: 'See whether this machine reaches it, whether STYTCH_API_URL is right, and status.stytch.com.',
  },
  'STYTCH-02': {
    says: 'it serves keys that its tokens can be checked with, the newest among them',
    advice:
      "stytch.vertical decides which JWKS is asked, 'consumer' or 'b2b': see that it is the project's. Else ask Stytch.",
  },
  'STYTCH-03': {
    says: 'it takes project id and secret',
    advice:
      'Stytch\'s dashboard, "API keys", of the same project and environment: then `npx wrangler secret put STYTCH_SECRET --env ENVIRONMENT`, and the same into the file of secrets.',
  },
  'STYTCH-04': {
    says: 'a client can be made there as for a key, and gets a token',
    advice:
      'The line has what Stytch said. Too many clients: ask Stytch for more. A refused id or secret: tell us, with that line.',
  },
  'STYTCH-05': {
    says: 'the Worker takes the token',
    advice:
      'The line has why not. An issuer: with a custom domain, set stytch.domain to it. A signature or a form: see what stands between this machine and Stytch.',
  },
  'STYTCH-06': {
    says: 'the token says whose the key is',
    advice:
      '`npm run latchkey -- setup` installs the claims template; or Stytch\'s dashboard, "M2M", "Custom claims": { "user_id": {{ client.trusted_metadata.user_id }} } with the name in stytch.ownerClaim.',
  },
  'STYTCH-07': {
    says: 'nobody who asks for a token chooses whose it is',
    advice:
      'The claims template has {{ request.… }}: whoever holds any key makes himself anybody. Take it out now: {{ client.trusted_metadata.… }} alone. Then see who used the API meanwhile.',
  },
  'STYTCH-08': {
    says: 'the token is for this project and nobody else',
    advice:
      'Stytch\'s dashboard, "M2M": leave the custom audience of the claims template empty. The Worker refuses a token that is good elsewhere too.',
  },
  'STYTCH-09': {
    says: 'the client that was made for this look is deleted',
    advice:
      'Delete it by its id in Stytch\'s dashboard, "M2M". Its secret is written nowhere, and the reconciliation of the next day removes it too.',
  },
  'STYTCH-10': {
    says: "this machine's clock and Stytch's agree",
    advice: 'Set this machine by NTP. If it is right, ask Stytch: the Worker refuses tokens of the future.',
  },
} as const satisfies Readonly<Record<string, Check>>;

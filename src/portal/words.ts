import type { Reason } from '../model/refusal.ts';

/** All that the pages say, in one place. English alone so far: `lang` in `layout.tsx` says so. */
export const WORDS = {
  title: (page: string, brand: string) => `${page} · ${brand}`,
  skip: 'Skip to the page',
  signedInAs: 'Signed in as',
  notYou: 'Not you?',
  notYouHere: 'Not you? Deny, and begin anew on your device.',

  code: {
    title: 'Connect a device',
    lead: 'Type the code that your device or command line shows.',
    label: 'Code',
    hint: 'Eight letters, such as WDJB-MJHT. Capitals and dashes do not matter.',
    button: 'Continue',
    notACode: 'That is no code. It has eight letters, such as WDJB-MJHT.',
    unknown:
      'No device waits for you with this code. It may have expired, or was opened in another sign-in: ask your device for a new one.',
    warning:
      'Type only a code that you see on a device of your own. We never send you one, and never ask you for one.',
  },

  compare: {
    title: 'Is this the code on your device?',
    lead: 'Compare letter by letter.',
    minutes: (minutes: number) =>
      minutes <= 1 ? 'Good for one more minute.' : `Good for ${minutes} more minutes.`,
    asks: (client: string) => `${client} asks for a key of yours`,
    wants: 'With it, it can',
    wantsNothing: 'It asks for nothing that you can give.',
    beyond: 'It asked for more, which you cannot give and it will not get:',
    client: 'Program',
    keyName: 'Name of the key',
    keyEnds: 'The key ends',
    never: 'never, until you revoke it',
    from: 'Asked from',
    unknownPlace: 'not known',
    warning:
      'Somebody sent you this code? Then it is their device, and they would act in your name: deny. Approve only what you have just begun yourself.',
    approve: 'Approve',
    deny: 'Deny',
  },

  approved: {
    title: 'Your device is connected',
    text: 'It gets its key in a few seconds. You can close this page and go back to it.',
    more: 'The key is in the list of your keys, where you can revoke it at any time.',
  },
  denied: {
    title: 'Denied',
    text: 'The device gets no key. If you did not begin this yourself, there is nothing more to do.',
  },
  another: 'Connect another device',

  actions: {
    signIn: 'Sign in',
    signInAgain: 'Sign in again',
    again: 'Open the page again',
    device: 'Type a code',
  },
  noLogin: (brand: string) => `Sign in to ${brand} in this browser, then open this page again.`,

  /** Of whoever signed in too long ago. */
  tooOld: (seconds: number) => `A sign-in of at most ${duration(seconds)} ago is needed.`,
  wait: (seconds: number) => `Try again in ${duration(seconds)}.`,
} as const;

/** In the largest unit that there are two of, rounded up: nobody waits for less than he was told. */
const duration = (seconds: number): string => {
  const [unit, size] = UNITS.find(([, each]) => seconds >= 2 * each) ?? ['second', 1];
  const count = Math.ceil(seconds / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
};

const UNITS: readonly (readonly [unit: string, seconds: number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** What people are told of a refusal, in place of what programs are. Others are told what the answer says of itself. */
export const REFUSAL_WORDS: Readonly<Partial<Record<Reason, readonly [title: string, text: string]>>> = {
  credential_missing: ['Please sign in', 'You are not signed in, or not any more.'],
  insufficient_user_authentication: [
    'Sign in again',
    'To let a device in, you must have signed in recently. If signing in leads straight back to this page, sign out in the app first.',
  ],
  cross_site: [
    'This did not come from our page',
    'The form was sent from elsewhere, or belongs to an earlier sign-in. Nothing was done. Open the page again and repeat it, with cookies allowed.',
  ],
  sign_in_unknown: [
    'This sign-in is over',
    'It began in another browser, was used already, or took too long. Nothing was done.',
  ],
  unavailable: [
    'We cannot tell right now',
    'Something that we depend on does not answer. This says nothing about you or your code.',
  ],
  rate_limited: ['Too much at once', 'Your account is very busy at the moment.'],
  address_limited: ['Too many visits', 'Too many visits came from your network without a sign-in.'],
  too_many_codes: [
    'Too many wrong codes',
    'Too many codes were typed that are none. Wait, then ask your device for a new one.',
  ],
  owner_suspended: ['Your account is suspended', 'No key can be made for it. Nothing was done.'],
  owner_deleted: ['Your data was deleted', 'No key can be made for this account any more.'],
  key_limit_reached: [
    'You have too many keys',
    'You have as many keys as you can have. Revoke one, then ask your device for a new code.',
  ],
  scope_not_grantable: [
    'Nothing to approve',
    'The device asks for nothing that you can give. It gets no key.',
  ],
  oauth_request_invalid: [
    'This form is not complete',
    'It did not come as our page sends it. Nothing was done. Open the page again and repeat it.',
  ],
  early_data: ['Too early', 'Your browser was faster than is safe. Open the page again.'],
  method_not_allowed: ['This is no page', 'Open the page anew instead of repeating what led here.'],
  internal: ['Something went wrong', 'That is our fault, and nothing was done. Try again.'],
};

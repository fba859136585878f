import type { Check } from '../model/health.ts';
import type { Found } from '../model/ports.ts';
import type { Reason, Refusal } from '../model/refusal.ts';
import { kept } from './kept.ts';
import type { Place } from './place.ts';

/** What language the pages are in: English alone so far. */
export const LANG = 'en';

/** All that the pages say, in one place. */
export const WORDS = {
  title: (page: string, brand: string) => `${page} · ${brand}`,
  skip: 'Skip to the page',
  signedInAs: 'Signed in as',
  signOut: 'Sign out',
  notYouHere: 'Not you? Deny, and begin anew on your device.',

  nav: {
    label: 'Pages',
    places: 'Whose keys',
    own: 'Your keys',
    organization: "Your organisation's keys",
    operators: 'Operators',
    whose: 'You act for',
    keys: 'Keys',
    usage: 'Usage',
    audit: 'Activity',
    device: 'Connect a device',
    find: 'Find an owner',
    health: 'Health',
  },

  keys: {
    title: {
      own: 'API keys',
      organization: "Your organisation's API keys",
      user: 'API keys of an owner',
      operators: 'Operators',
    },
    create: 'Create a key',
    count: (living: number, limit: number) => `${living} of ${limit} keys in use`,
    search: 'Search',
    searchHint: 'Name, description or key id',
    status: 'Status',
    statuses: { active: 'Active', rotating: 'Rotating', expired: 'Expired', revoked: 'Revoked', all: 'All' },
    scope: 'Scope',
    anyScope: 'Any scope',
    sort: 'Order',
    sorts: { created: 'Newest first', used: 'Last used first', expires: 'Ending soonest', name: 'By name' },
    apply: 'Apply',
    clear: 'Show all active keys',
    none: 'No key fits.',
    noneHint: 'Try another word, or look at ended keys too.',
    noneYet: 'No key fits so far.',
    lookOn: 'Look further',
    created: 'Created',
    more: 'Older keys',
    list: 'Keys',
    noEnd: 'Never',
    week: '7 days',
    requests: (count: number) =>
      count === 0 ? 'No requests' : `${number(count)} request${count === 1 ? '' : 's'}`,
    moreScopes: (count: number) => `+${count} more`,
  },

  empty: {
    title: 'No keys yet',
    text: 'A key is a long password for one program. Three steps:',
    steps: [
      'Create a key for one thing: a script, a server, a job in CI. Give it a name that you will know again, and only the scopes that it needs.',
      'Copy it at once. It is shown a single time, and stored nowhere in a form that could be shown again.',
      'Send it with each request, in the header that follows.',
    ],
    end: 'Later you see here when each key was last used, and from where. One that leaked or is not needed any more is dead within seconds of your click.',
  },

  statuses: {
    active: 'Active',
    rotating: 'Rotating',
    revoked: 'Revoked',
    expired: 'Expired',
    expiring: 'Ends soon',
  },

  use: {
    never: 'Never used',
    last: 'Last used',
    clients: {
      curl: 'curl',
      wget: 'wget',
      python: 'Python',
      node: 'Node.js',
      go: 'Go',
      java: 'Java',
      ruby: 'Ruby',
      php: 'PHP',
      postman: 'Postman',
      browser: 'a browser',
      other: 'another program',
    },
  },

  fields: {
    name: 'Name',
    nameHint: 'What will use it: "Nightly backup". You see it here, nobody else does.',
    nameProblem: 'Give it a name of 1 to 64 characters, on one line.',
    description: 'Description',
    descriptionProblem: 'At most 256 characters, on one line.',
    optional: 'optional',
    scopes: 'What it may do',
    scopesHint: 'Choose as little as it needs. You can change it later.',
    scopesProblem: 'Choose at least one.',
    scopesBeyond: (scopes: readonly string[]) => `You cannot give this to a key: ${scopes.join(', ')}.`,
    noScopes: 'There is nothing that you can give to a key. Ask whoever runs this service.',
    allOf: (group: string) => `All of ${group}`,
    keptScope: 'It has this already. Once taken away, you cannot give it back.',
    expiry: 'When it ends',
    expiryHint: 'A key that ends by itself is one that nobody can forget.',
    expiries: {
      none: 'Never, until I revoke it',
      7: 'In 7 days',
      30: 'In 30 days',
      90: 'In 90 days',
      365: 'In a year',
      date: 'At the end of a day (UTC)',
    },
    endsAs: (day: string) => `As it is: ${day}`,
    expiryDate: 'Last day',
    expiryProblem: 'Choose a day that lies ahead.',
    more: 'Where from, and how much',
    allowlist: 'Only from these addresses',
    allowlistHint:
      'One IPv4 or IPv6 address or block in each line, such as 192.0.2.7 or 2001:db8::/48. Empty: from everywhere.',
    allowlistProblem:
      'Each line must be an address, or a block without host bits such as 10.0.0.0/8; 100 lines at most.',
    allowlistLine: (line: number) => `Line ${line} is no address, and no block without host bits.`,
    limit: 'A limit of its own',
    limitHint: 'Tighter than your own limit, which all keys share. Empty: your own alone.',
    limitRequests: 'Requests',
    limitPer: 'in every',
    limitPeriods: { 1: 'second', 60: 'minute', 3600: 'hour', 86400: 'day' },
    limitProblem: 'A whole number, and not less than the dearest request costs.',
    problems: 'Not saved yet. Please look at what is marked.',
  },

  create: {
    title: 'Create a key',
    button: 'Create key',
    cancel: 'Cancel',
  },

  shown: {
    title: { created: 'Your new key', rotated: 'Your new secret' },
    warning: {
      created:
        'Copy it now. This is the only time that you see it: when you leave or reload this page it is gone, and nobody can show it again.',
      rotated:
        'Copy it now. This is the only time that you see it. The old secret stays good until the rotation ends.',
      replaced: 'Copy it now. This is the only time that you see it. The old secret is dead.',
    },
    key: 'The key',
    env: 'For a .env file',
    curl: 'Try it',
    curlHint: 'It answers whose key it is. Mind that shells remember what you type.',
    care: 'Treat it like a password: not in code, not in a chat, not in a browser. If it ever leaks, revoke it here.',
    done: 'I have copied it',
    again: {
      created: 'This key was made already',
      rotated: 'This secret was made already',
    },
    againText:
      'It was shown once, and cannot be shown again. If nobody copied it, rotate the key or revoke it.',
    toKey: 'To the key',
  },

  key: {
    back: 'All keys',
    id: 'Key id',
    idHint: 'Public: it stands in logs, and is the client_id of OAuth.',
    change: 'Change',
    rotate: 'Rotate',
    revoke: 'Revoke',
    endsIn: (four: string) => `ends in ${four}`,
    details: 'Details',
    scopes: 'May do',
    noEnd: 'Never, until it is revoked',
    ends: 'Ends',
    ended: 'Ended',
    created: 'Created',
    by: 'by',
    device: 'Made for',
    from: 'Only from',
    anywhere: 'Everywhere',
    deadBy: 'No request with it is let through after',
    secret: 'Secret',
    allActivity: 'All activity of this key',
    notices: {
      changed: 'Saved. What was taken away is gone everywhere within seconds.',
      finished: 'The rotation is finished. The old secret is dead everywhere within seconds.',
      cancelled: 'The rotation is cancelled. The new secret is dead everywhere within seconds.',
      revoked: 'Revoked.',
    },
  },

  rotation: {
    title: 'Two secrets are good',
    text: 'Put the new secret everywhere, then finish.',
    ends: 'The old secret ends by itself',
    oldUsed: 'Old secret last used',
    oldUnused: 'The old secret was not used since the rotation began.',
    oldUnusedHint: 'It looks as if nothing needs it any more.',
    next: 'New secret',
    finish: 'Finish now',
    finishHint: 'Ends the old secret.',
    cancel: 'Cancel rotation',
    cancelHint: 'Ends the new secret; the old one stays.',
  },

  rotate: {
    title: (name: string) => `Rotate “${name}”`,
    text: 'The key gets a new secret. The old one stays good for as long as you say, so that nothing breaks meanwhile.',
    overlap: 'The old secret stays good for',
    overlaps: {
      3600: 'one hour',
      86400: 'one day',
      604800: '7 days',
      2592000: '30 days',
      0: 'no time: it ends now',
    },
    button: 'Make a new secret',
    leaked: 'If the key has leaked, choose no time, or revoke it.',
  },

  change: {
    title: (name: string) => `Change “${name}”`,
    button: 'Save',
    outdated: 'The key was changed meanwhile. This is how it is now; please repeat your change.',
  },

  revoke: {
    title: (name: string) => `Revoke “${name}”?`,
    text: 'Every program that uses it is refused within seconds. This cannot be undone.',
    button: 'Revoke the key',
    keep: 'Keep it',
  },

  usage: {
    title: 'Usage',
    text: 'All keys and sessions together.',
    requests: 'Requests',
    limits: 'Limits, and what is left now',
    limitNames: {
      owner: (period: string) => `Requests ${period}, all keys together`,
      key: (period: string) => `Requests ${period}, this key`,
      month: () => 'Requests in this month (UTC), all keys together',
    },
    period: (seconds: number) => `in any ${duration(seconds)}`,
    whole: (wait: string) => `All of it again in ${wait}, if nothing is sent meanwhile.`,
    ranges: { '24h': '24 hours', '7d': '7 days', '90d': '90 days' },
    range: 'Range',
    about: 'Requests let through are never counted too low; refused and limited ones may be. Times are UTC.',
  },

  audit: {
    title: 'Activity',
    text: 'Who did what, when and from where. Rows are only ever added.',
    none: 'Nothing was done yet.',
    noneHere: 'Nothing fits.',
    when: 'When',
    what: 'What',
    who: 'Who',
    from: 'From',
    more: 'Older',
    key: 'Key',
    anyKey: 'Any key',
    action: 'What',
    anyAction: 'Anything',
    apply: 'Apply',
    you: 'You',
    unknownPlace: '–',
    noValue: 'none',
    details: {
      name: 'name',
      description: 'description',
      scopes: 'may do',
      expires_at: 'ends',
      ip_allowlist: 'only from',
      limit: 'limit of its own',
      overlap_seconds: 'old secret stays good for',
      because: 'because',
      reason: 'reason',
      source: 'found at',
      ended: 'what ended',
      plan: 'plan',
      keys_limit: 'number of keys',
      device_client: 'for',
      revoked: 'keys revoked',
    },
    actors: {
      user: 'User',
      member: 'Member',
      client: 'Client',
      operator: 'Operator',
      anyone: 'Somebody who had the key',
      stytch: 'Stytch',
      latchkey: 'By itself',
    },
    actions: {
      'key.created': 'Key created',
      'key.changed': 'Key changed',
      'key.imported': 'Key imported',
      'key.rotation_started': 'Rotation started',
      'key.rotation_finished': 'Rotation finished',
      'key.rotation_cancelled': 'Rotation cancelled',
      'key.revoked': 'Key revoked',
      'key.expired': 'Key ended',
      'key.leaked': 'Key reported as leaked',
      'token.revoked': 'Access token revoked',
      'owner.suspended': 'Account suspended',
      'owner.lifted': 'Suspension lifted',
      'owner.limits_changed': 'Limits changed',
      'owner.exported': 'Data exported',
      'owner.restored': 'Data restored from a backup',
      'owner.deleted': 'Data deleted',
    },
  },

  suspended: 'Your account is suspended: no key lets anything through. You can still revoke keys.',
  copy: {
    button: 'Copy',
    copied: 'Copied',
    /** Where the browser does not let a page copy. */
    selected: 'Press Ctrl+C',
  },
  /** What stands where a time was counted down to that is past. */
  over: 'over',

  find: {
    title: 'Find an owner',
    label: 'User, member, organisation, e-mail address or key',
    hint: 'An id of Stytch, an exact address, or the id of a key. Never more of a key than its id.',
    button: 'Find',
    several: 'Several have this address',
    noEmail: (email: string) => `Nobody has the address ${email}.`,
    noKey: (keyId: string) => `No owner here has the key ${keyId}.`,
    wholeKey:
      'You pasted a whole key. Its id would have been enough: nothing else of it was used or kept. Whoever sent it to you should revoke it.',
    nothing:
      'This is no id, no e-mail address and no key of anybody here. It is not repeated, since it may be a secret.',
  },

  health: {
    title: 'Health and usage',
    text: 'What one isolate of this Worker found when it tried, at the time of this page. Load it again to try again.',
    good: 'well',
    bad: 'not to be had',
    checks: {
      stytch: 'Stytch',
      signing_keys: "Stytch's signing keys",
      assertion_keys: 'Our assertion key',
      kv: 'KV',
      lobby: 'Lobby',
    } satisfies Record<Check, string>,
    advice: {
      stytch: 'Keys in use go on; new ones, and those never used, wait. Look at the status of Stytch.',
      signing_keys: 'No access token and no session can be checked.',
      assertion_keys: 'Nothing can be forwarded. The private key does not fit, or is not one.',
      kv: 'Keys go on; first requests are slower. Look at the binding VAULT.',
      lobby: 'Foreign clients and devices wait. Look at the status of Durable Objects.',
    } satisfies Record<Check, string>,
    keysFetched: 'Signing keys fetched',
    never: 'not by this isolate',
    assertionKey: 'Assertions are signed by',
    alsoPublished: 'also published',
    version: 'Version of the Worker',
    noVersion: 'not told: the binding VERSION is missing',
    reconciliation: 'Reconciliation',
    noRun: 'None has run so far. The schedule in wrangler.toml begins one each day.',
    unknownRun: 'Not known while the Lobby does not answer.',
    outcomes: { running: 'runs', done: 'done', failed: 'failed' },
    began: 'Began',
    ended: 'Ended',
    clients: 'Clients at Stytch',
    found: 'Found',
    counts: {
      same: 'as they should be',
      young: 'made a moment ago',
      orphan: 'orphans',
      unmarked: 'without our mark',
      ended: 'of ended keys',
      deactivated: 'made inactive at Stytch',
      drifted: 'changed at Stytch',
      foreign: 'none of ours',
      failed: 'not judged',
    } satisfies Record<Found, string>,
    orphansLeft: (count: number) => `${count} of the orphans were left where they are.`,
    dryRun: 'It was a dry run, and changed nothing.',
    tokens: "Stytch's tokens, 30 days",
    spent: 'Spent',
    saved: 'Saved',
    presented: 'Requests with a key or a pair',
    noTokens: 'Not known: a Lobby does not answer.',
    look: 'Requests',
    notHere:
      'This page cannot show requests, refusals or how long they took: a Worker does not read what it wrote. They are in Workers Logs (one line each, by trace_id or request_id), and',
    counted: 'in Analytics Engine, for three months. docs/seeing.md has the queries.',
    notCounted: 'would be in Analytics Engine if the binding ANALYTICS were there (docs/seeing.md).',
    alerts: 'What is worth an alert is in docs/alerts.md.',
  },

  owner: {
    organization: 'Organisation',
    since: 'Known since',
    unknown: 'never: there is nothing to remember. Whether there is such an owner, Stytch knows.',
    standing: 'Standing',
    good: 'good',
    isSuspended: 'suspended',
    plan: 'Plan',
    defaultPlan: 'default',
    keysLimit: 'Number of keys',
    keysLimitHint: (usual: number) =>
      `0 to 1000. Empty: ${usual}, as everybody has. With a lower number no key ends; none is added until there are fewer.`,
    planProblem: 'There is no such plan.',
    keysLimitProblem: 'The number of keys is a whole number from 0 to 1000, or empty.',
    reason: 'Why',
    reasonHint: 'It stands in the activity that the owner sees himself, and in what your backend is told.',
    reasonProblem: 'Say why, in 1 to 256 characters on one line.',
    sought: 'You looked for the key',
    deleted: 'The data of this owner was deleted',
    keptUntil: 'What is left goes',
    none: 'No keys.',
    suspendedNote: 'Suspended: no credential lets anything through. Keys can still be revoked.',
    inForceBy: 'In force everywhere by',
    notices: {
      suspended: 'Suspended.',
      lifted: 'The suspension is lifted.',
      limits: 'Plan and number of keys are saved.',
      revoked: 'All keys are revoked.',
    },
    suspend: {
      way: 'Suspend',
      wayAgain: 'Change the reason',
      title: 'Suspend this owner?',
      text: 'Every credential and every session of the owner is refused within seconds. Keys stay what they are, and work again when the suspension is lifted.',
      button: 'Suspend',
    },
    lift: {
      way: 'Lift the suspension',
      title: 'Lift the suspension?',
      text: () => 'Keys that have not ended work again within seconds.',
      button: 'Lift',
    },
    limits: { way: 'Plan and number of keys', title: 'Plan and number of keys', button: 'Save' },
    revokeAll: {
      way: 'Revoke all keys',
      title: 'Revoke every key?',
      text: (count: number) =>
        `${count === 1 ? 'One key is' : `${count} keys are`} alive. Every program that uses one is refused within seconds. This cannot be undone. New keys can be made, unless the owner is suspended.`,
      button: 'Revoke all',
    },
  },

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

  charts: {
    admitted: 'Admitted',
    limited: 'Over the limit',
    refused: 'Refused',
    told: {
      admitted: (count: number) => `${number(count)} admitted`,
      limited: (count: number) => `${number(count)} over the limit`,
      refused: (count: number) => `${number(count)} refused`,
    },
    /** Of one hour or day. */
    at: (time: string, told: string) => (told === '' ? `${time}: no requests` : `${time}: ${told}`),
    count: (count: number) => number(count),
    /** Of an axis. */
    short: (count: number) => shortFormat().format(count),
    nothing: 'No requests in this time.',
    requestsIn: (count: number, spanMs: number) => {
      const noun = count === 1 ? 'request' : 'requests';
      return `${count === 0 ? 'No' : number(count)} ${noun} in ${duration(spanMs / 1000)}`;
    },
    numbers: 'Exact numbers, in UTC',
    hour: 'Hours',
    day: 'Day',
    left: (left: number, limit: number) => `${number(left)} of ${number(limit)} left`,
  },

  signedOut: {
    title: 'You are signed out',
    text: 'This browser has no session here any more. A page that is still open in it does nothing.',
    open: (seconds: number) =>
      `But we could not end your sign-in itself: nobody answered. It may stay open for up to ${duration(seconds)}, and would let this browser in again without a password.`,
    advice: 'Sign out in the app as well, or come back in a few minutes, sign in here and sign out again.',
  },

  actions: {
    signIn: 'Sign in',
    signInAgain: 'Sign in again',
    again: 'Open the page again',
    device: 'Type a code',
    home: 'To your keys',
  },
  noLogin: (brand: string) => `Sign in to ${brand} in this browser, then open this page again.`,

  /** Of whoever signed in too long ago. */
  tooOld: (seconds: number) => `A sign-in of at most ${duration(seconds)} ago is needed.`,
  wait: (seconds: number) => `Try again in ${duration(seconds)}.`,
} as const;

const numberFormat = kept(() => new Intl.NumberFormat(LANG));
const shortFormat = kept(
  () => new Intl.NumberFormat(LANG, { notation: 'compact', maximumFractionDigits: 1 }),
);
export const number = (value: number): string => numberFormat().format(value);

/** In the largest unit that there are two of, rounded up: nobody waits for less than he was told. */
export const duration = (seconds: number): string => {
  const [unit, size] = UNITS.find(([, each]) => seconds >= 2 * each) ?? ['second', 1];
  const count = Math.ceil(seconds / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
};

const UNITS: readonly (readonly [unit: string, seconds: number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

type Said = readonly [title: string, text: string];

/** What people are told of a refusal, in place of what programs are. Others are told what the answer says of itself. */
export const REFUSAL_WORDS: Readonly<Partial<Record<Reason, Said>>> & { readonly internal: Said } = {
  credential_missing: ['Please sign in', 'You are not signed in, or not any more.'],
  insufficient_user_authentication: [
    'Sign in again',
    'For this you must have signed in recently. If signing in leads straight back to this page, sign out in the app first.',
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
    'Something that we depend on does not answer. This says nothing about you, your keys or your code.',
  ],
  rate_limited: ['Too much at once', 'Your account is very busy at the moment.'],
  address_limited: ['Too many visits', 'Too many visits came from your network without a sign-in.'],
  too_many_codes: [
    'Too many wrong codes',
    'Too many codes were typed that are none. Wait, then ask your device for a new one.',
  ],
  owner_suspended: ['Your account is suspended', 'No key can be made for it. Nothing was done.'],
  owner_deleted: ['Your data was deleted', 'No key can be made for this account any more.'],
  key_limit_reached: ['You have too many keys', 'You have as many keys as you can have. Revoke one first.'],
  conflict: ['Something else is under way', 'This key is just being changed. Nothing was done. Try again.'],
  precondition_failed: ['It was changed meanwhile', 'Nothing was done. Open the page again.'],
  already_rotating: ['It is rotating already', 'Finish or cancel that rotation first.'],
  not_rotating: ['The rotation is over', 'It was finished or cancelled meanwhile.'],
  made_elsewhere: ['It was not made here', 'Its secret is changed where it was made.'],
  client_refused: ['The key was not made', 'Stytch did not take it. Nothing was done.'],
  idempotency_key_reused: [
    'This form was sent before',
    'Something else was made with it. Open the page again.',
  ],
  idempotency_key_in_use: [
    'It is being made',
    'This form was sent twice. Look at your list of keys in a moment.',
  ],
  not_found: ['There is no such page', 'It may be of another account, or was never there.'],
  role_missing: ['Not for your role', "Your role does not let you manage your organisation's keys."],
  not_configured: ['Not in use here', 'Whoever runs this service has not set it up.'],
  request_invalid: ['This cannot be', 'What was asked for is not as it should be. Nothing was done.'],

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
  internal: [
    'Something went wrong',
    'That is our fault. Whether anything was done, we cannot tell: look before you repeat it.',
  ],
};

/** Of refusals that are about whose keys they are: what an operator is told, who is somebody else. */
const OF_OWNER: Readonly<Partial<Record<Reason, Said>>> = {
  owner_suspended: ['The owner is suspended', 'No key of his can be made or changed. Nothing was done.'],
  owner_deleted: ["The owner's data was deleted", 'No key can be made for him any more.'],
  key_limit_reached: ['The owner has as many keys as he can have', 'Revoke one, or give him more.'],
};

/** A refusal in a sentence, for a form that it leaves standing. */
export const messageOf = (refusal: Refusal, place: Place['kind']): string => {
  const { reason } = refusal;
  const [title, text] =
    (place === 'user' ? OF_OWNER[reason] : undefined) ?? REFUSAL_WORDS[reason] ?? REFUSAL_WORDS.internal;
  const wait = 'retryAfterSeconds' in refusal ? ` ${WORDS.wait(refusal.retryAfterSeconds)}` : '';
  return `${title}. ${text}${wait}`;
};

/** Two pages of the operator's own, from whose origins scripts may call where a test says so. */
export const APP = 'https://app.acme.test';
export const OTHER_APP = 'https://admin.acme.test:8443';

/** Nobody's origin, in every way in which one could pass for ours. */
export const STRANGERS = [
  'null',
  'https://evil.test',
  'http://app.acme.test',
  'https://app.acme.test:444',
  'https://app.acme.test.evil.test',
  'https://evilapp.acme.test',
  'https://sub.app.acme.test',
  'https://acme.test',
  'https://app.acme.test/',
  'https://app.acme.test, https://evil.test',
  'HTTPS://APP.ACME.TEST',
  'https://app.acme.test.',
  'https://app.acme.test%00.evil.test',
  '*',
  'file://',
  '',
];

/** What browsers are told of an answer by the CORS protocol. */
export const corsOf = ({ headers }: Response): Record<string, string> =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));

export const variesByOrigin = ({ headers }: Response): boolean =>
  (headers.get('vary') ?? '').split(', ').includes('Origin');

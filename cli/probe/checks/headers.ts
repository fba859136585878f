import { type Check, fine, judged, keptOut, unknown } from '../check.ts';

const NAMES = [
  'X-Latchkey-User-Id',
  'X_Latchkey_User_Id',
  'X-Latchkey_User-Id',
  'X.Latchkey.User.Id',
  'x-LATCHKEY-key-ID',
];
const OTHERS = [
  'X-Forwarded-For',
  'True-Client-IP',
  'X-Original-URL',
  'X-HTTP-Method-Override',
  'X-Middleware-Subrequest',
];

/** Nothing is known of what the origin got, unless it says so. */
const MIRROR = /x-(?:latchkey|request-id)/i;

export const HEADERS: readonly Check[] = [
  {
    id: 'headers.identity',
    says: 'no spelling of an identity header of a client reaches the origin',
    row: 'HDR-01, HDR-02, HDR-05, HDR-06',
    advice:
      'The origin read a header that the client wrote. Its requests do not come from Latchkey alone: see what is between them.',
    needs: ['a key'],
    run: async ({ ask, api, path }) => {
      const mark = unknown();
      const lines = [...NAMES, ...OTHERS].map((name) => `${name}: ${mark}`);
      const answer = await ask(api, { target: path, withKey: true, lines });
      const out = keptOut(answer);
      if (out !== null) return [out];
      const heard = `${answer.text} ${NAMES.map((name) => answer.header(name)).join()}`;
      if (heard.includes(mark)) return [judged(answer, 'the answer has what the client wrote')];
      if (!MIRROR.test(answer.text))
        return [
          { ...fine(answer), unseen: 'the answer of --path does not show the headers that the origin got' },
        ];
      return [fine(answer)];
    },
  },
  {
    id: 'headers.hop-by-hop',
    says: 'Connection takes no identity away on the way to the origin',
    row: 'HDR-03',
    advice:
      'The origin took somebody for nobody. It must refuse a request without an assertion, and Connection must not go past Latchkey.',
    needs: ['a key'],
    run: async ({ ask, api, path }) => {
      const connection = 'Connection: close, X-Latchkey-User-Id, X-Latchkey-Key-Id, X-Latchkey-Assertion';
      const plain = await ask(api, { target: path, withKey: true });
      const out = keptOut(plain);
      if (out !== null) return [out];
      const answer = await ask(api, { target: path, withKey: true, lines: [connection] });
      if (answer.status !== plain.status) return [judged(answer, `${plain.status} is right, as without it`)];
      if (!MIRROR.test(plain.text))
        return [
          { ...fine(answer), unseen: 'the answer of --path does not show the headers that the origin got' },
        ];
      return [
        judged(answer, !/x-latchkey-key-id/i.test(answer.text) && 'the origin did not get the identity'),
      ];
    },
  },
];

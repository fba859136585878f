import type { Answer } from '../ask.ts';
import { type Check, type Finding, fine, forEach, judged, refusedWith, unknown, wrong } from '../check.ts';

/** A key that nobody made, of nobody's brand. */
const MADE_UP = `nobody_test_${'A'.repeat(28)}_${'B'.repeat(61)}`;

const base64 = (text: string): string => Buffer.from(text).toString('base64url');
const jwt = (head: object, signature: string): string => {
  const claims = { iss: 'https://nobody.invalid', sub: 'user-live-nobody', exp: 4_102_444_800 };
  return `${base64(JSON.stringify(head))}.${base64(JSON.stringify(claims))}.${signature}`;
};

/** Credentials that are good nowhere, in every form that Latchkey takes. */
const BAD: Readonly<Record<string, string>> = {
  'a made-up key': `Authorization: Bearer ${MADE_UP}`,
  'a made-up key in X-API-Key': `X-API-Key: ${MADE_UP}`,
  'a word': 'Authorization: Bearer nothing',
  'a pair that nobody has': `Authorization: Basic ${Buffer.from('m2m-client-live-nobody:nothing').toString('base64')}`,
  'a JWT that nobody signed': `Authorization: Bearer ${jwt({ alg: 'none' }, '')}`,
  'a JWT signed with a secret': `Authorization: Bearer ${jwt({ alg: 'HS256', kid: 'nobody' }, base64('x'.repeat(32)))}`,
};

/** The body of a refusal, without what is of this request alone. */
const withoutId = ({ json }: Answer): string => JSON.stringify({ ...json, request_id: null });

const twoCredentials =
  (lines: readonly (readonly string[])[]): Check['run'] =>
  ({ ask, api, path }) =>
    forEach(lines, async (both) => refusedWith(await ask(api, { target: path, lines: both }), [400]));

const MEMBERS = ['type', 'title', 'status', 'detail', 'code', 'request_id'];

/** What is wrong with a refusal's form (RFC 9457 §3). */
const misshapen = (answer: Answer): string | null => {
  const { json, status, header } = answer;
  if (header('content-type') !== 'application/problem+json') return 'is no application/problem+json';
  const missing = MEMBERS.filter((name) => json?.[name] === undefined);
  if (missing.length > 0) return `has no ${missing.join(', ')}`;
  if (json?.status !== status) return `says status ${json?.status} in the body`;
  if (json?.request_id !== header('x-request-id')) return 'has another request_id than X-Request-Id';
  return header('cache-control') === 'no-store' ? null : 'may be kept: its Cache-Control is not no-store';
};

/** A line of a stack, a path of a machine, a type of an error. */
const STACK =
  /\bat [\w.<>]+ \(?[\w:/.-]+:\d+|\.[cm]?[jt]sx?:\d+|Traceback|(?:Type|Range|Reference|Syntax)Error\b/;

/** Each makes a refusal of another kind. */
const refusals = (path: string, mark: string) => [
  { target: path },
  { target: `${path}?${mark}=${mark}`, lines: [`Authorization: Bearer ${mark}`] },
  { target: `/${mark}` },
  { target: `${path}/${mark}%00` },
  { target: `${path}?access_token=${mark}` },
  { method: 'PURGE', target: path, lines: [`X-Odd: ${mark}`] },
];

const CHALLENGE = /^Bearer realm="[^"]+"/;

/** RFC 6750 §3: who sent none is told no error, who sent a bad one is told `invalid_token`. */
const challenged = (answer: Answer, wantsError: boolean): Finding => {
  const bearer = answer.all('www-authenticate').find((value) => CHALLENGE.test(value));
  if (answer.status !== 401) return wrong(answer, '401 is right');
  if (bearer === undefined) return wrong(answer, 'has no Bearer challenge (RFC 6750 §3)');
  if (!bearer.includes('resource_metadata="'))
    return wrong(answer, 'does not say where its metadata is (RFC 9728 §5.1)');
  const error = /error="([^"]*)"/.exec(bearer)?.[1];
  if (wantsError ? error !== 'invalid_token' : error !== undefined)
    return wrong(
      answer,
      wantsError ? 'does not say invalid_token' : `says ${error}, though nothing was sent`,
    );
  return fine(answer);
};

export const CREDENTIALS: readonly Check[] = [
  {
    id: 'credentials.two',
    says: 'two credentials are one too many',
    row: 'CRED-01, CRED-02',
    advice:
      'Somebody before the Worker drops or joins credentials. Who takes the first and who takes the last let in two people.',
    run: twoCredentials([
      [`Authorization: Bearer ${MADE_UP}`, `X-API-Key: ${MADE_UP}`],
      [`Authorization: Bearer ${MADE_UP}`, 'Authorization: Bearer nothing'],
      [`X-API-Key: ${MADE_UP}`, 'X-API-Key: nothing'],
    ]),
  },
  {
    id: 'credentials.query',
    says: 'a credential in the query string is refused, not read',
    row: 'CRED-07',
    advice:
      'Query strings end up in logs. Somebody before the Worker takes the parameter off, or makes a header of it.',
    run: ({ ask, api, path }) =>
      forEach(['access_token', 'api_key'], async (name) =>
        refusedWith(await ask(api, { target: `${path}?${name}=nothing` }), [400]),
      ),
  },
  {
    id: 'credentials.one-answer',
    says: 'whatever is bad about a credential, the answer is the same',
    row: 'CRED-05, CRED-10, JWT-01',
    advice: 'The answers tell a guesser how near he is. See who makes them: Latchkey has one body for all.',
    run: async ({ ask, api, path }) => {
      const first = await ask(api, { target: path, lines: [BAD['a word'] ?? ''] });
      return forEach(Object.entries(BAD), async ([name, line]) => {
        const answer = await ask(api, { target: path, lines: [line] });
        if (answer.status !== 401) return wrong(answer, `${name}: 401 is right`);
        return judged(answer, withoutId(answer) !== withoutId(first) && `${name} is told something else`);
      });
    },
  },
  {
    id: 'credentials.challenge',
    says: 'who may not come in is told how, in the words of the standards',
    row: 'CRED-05; RFC 6750 §3, RFC 9728 §5.1',
    advice: 'Clients cannot find the way to a key. Somebody before the Worker takes WWW-Authenticate off.',
    run: async ({ ask, api, path }) => [
      challenged(await ask(api, { target: path }), false),
      challenged(await ask(api, { target: path, lines: [`Authorization: Bearer ${MADE_UP}`] }), true),
    ],
  },
  {
    id: 'credentials.long',
    says: 'what is longer than any credential is refused before any work',
    row: 'CRED-16',
    advice: 'Long headers cost work. They must be refused by Latchkey (431, 414), or before it.',
    run: async ({ ask, api, path }) => [
      refusedWith(
        await ask(api, { target: path, lines: [`Authorization: Bearer ${'a'.repeat(14_000)}`] }),
        [431],
      ),
      refusedWith(await ask(api, { target: `${path}/${'a'.repeat(5_000)}` }), [414]),
    ],
  },
  {
    id: 'errors.shape',
    says: 'a refusal is a problem document with an id, and is not kept',
    row: 'RFC 9457; CACHE-05',
    advice:
      'Somebody before the Worker writes its own error pages (Custom Errors, a proxy): programs cannot read them.',
    run: ({ ask, api, path }) =>
      forEach([...refusals(path, unknown())].slice(0, 3), async (question) => {
        const answer = await ask(api, question);
        return judged(answer, misshapen(answer));
      }),
  },
  {
    id: 'errors.quiet',
    says: 'a refusal repeats nothing of the request and tells nothing of the code',
    row: 'CRED-17',
    advice: 'What is repeated ends up in logs and pages of others. See who makes this answer.',
    run: ({ ask, api, path }) => {
      const mark = unknown();
      return forEach(refusals(path, mark), async (question) => {
        const answer = await ask(api, question);
        const said = `${answer.text} ${answer
          .all('www-authenticate')
          .join()
          .replace(/resource_metadata="[^"]*"/, '')}`;
        if (STACK.test(said)) return wrong(answer, 'has a stack');
        return judged(answer, said.includes(mark) && 'repeats what was sent');
      });
    },
  },
];

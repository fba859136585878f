import type { Answer } from '../ask.ts';
import {
  byWhom,
  type Check,
  type Finding,
  fine,
  forEach,
  isRefused,
  type Place,
  unknown,
  wrong,
} from '../check.ts';

/**
 * Some spellings are tidied up before a Worker is asked: by Cloudflare, unless "Normalize incoming URLs" is switched off,
 * and by `wrangler dev`. Then policy is asked of what became of the path, and the answer must be that path's.
 */
const asTidied = (answer: Answer, tidy: Answer): Finding => {
  if (answer.code === 'path_not_canonical') return fine(answer);
  if (!isRefused(answer)) return wrong(answer, 'was served; 400 is right');
  if (answer.code === null) return fine(answer, byWhom(answer));
  if (answer.status === tidy.status && answer.code === tidy.code)
    return fine(answer, 'tidied up before Latchkey was asked: the answer is that of the path it became');
  return answer.status === 404 ? fine(answer) : wrong(answer, '400 is right');
};

/** Of these nobody makes another path before the Worker. */
const asSent = (answer: Answer): Finding => {
  if (answer.status === 400) return fine(answer, byWhom(answer));
  if (!isRefused(answer)) return wrong(answer, 'was served; 400 is right');
  return answer.code === null
    ? fine(answer, byWhom(answer))
    : wrong(answer, 'was taken for another path; 400 is right');
};

const tidied =
  (spellings: (path: string, start: string) => readonly string[]): Check['run'] =>
  async ({ ask, api, path, open }) => {
    const tidy = await ask(api, { target: path });
    const starts = [`/${unknown()}`, ...(open === null ? [] : [open])];
    return forEach([...new Set(starts.flatMap((start) => spellings(path, start)))], async (target) =>
      asTidied(await ask(api, { target }), tidy),
    );
  };

const sent =
  (spellings: (path: string) => readonly string[]): Check['run'] =>
  ({ ask, api, path }) =>
    forEach(spellings(path), async (target) => asSent(await ask(api, { target })));

/** The way up from a path, for each of its segments. */
const up = (start: string, dots: string): string => start.slice(1).replace(/[^/]+/g, dots);

const ONE_SPELLING =
  'Somebody before the Worker decodes or cleans paths, so that policy is asked of another path than the client sent. Look for rewrites: Transform Rules, another Worker, a proxy.';

const inAnotherCase = async ({ ask, api, path }: Place): Promise<readonly Finding[]> => {
  const answer = await ask(api, { target: path.toUpperCase() });
  if (!isRefused(answer)) return [wrong(answer, 'was served; 404 is right')];
  return [fine(answer, answer.status === 404 ? undefined : 'a wider route covers it')];
};

export const PATHS: readonly Check[] = [
  {
    id: 'paths.dot-segments',
    says: 'no way leads up and round to a path that is guarded',
    row: 'PATH-01',
    advice: `What such a path leads to was served without a credential. ${ONE_SPELLING}`,
    run: tidied((path, start) => [
      ...['..', '%2e%2e', '.%2E', '%2e.'].map((dots) => `${start}/${up(start, dots)}${path}`),
      ...['/.', '/%2e'].map((dot) => `${dot}${path}`),
      `${path}/../${path.split('/').at(-1)}`,
    ]),
  },
  {
    id: 'paths.backslashes',
    says: 'a backslash is no slash',
    row: 'PATH-01',
    advice: `What such a path leads to was served without a credential. ${ONE_SPELLING}`,
    run: tidied((path, start) => [
      `${start}\\${up(start, '..')}${path}`,
      path.replaceAll('/', '\\').replace('\\', '/'),
    ]),
  },
  {
    id: 'paths.empty-segments',
    says: 'two slashes are not one',
    row: 'PATH-01',
    advice: `What such a path leads to was served without a credential. ${ONE_SPELLING}`,
    run: tidied((path) => [`/${path}`, `${path}//`, path.replaceAll('/', '//')]),
  },
  {
    id: 'paths.encoded-separators',
    says: 'a slash that is encoded divides nothing',
    row: 'PATH-01',
    advice: ONE_SPELLING,
    run: sent((path) => [
      `${path}%2f..%2f`,
      ...['%2f', '%2F', '%5c', '%5C'].map((slash) => `/${path.slice(1).replaceAll('/', slash)}${slash}a`),
    ]),
  },
  {
    id: 'paths.control-characters',
    says: 'no character that ends a text or a line for some is taken',
    row: 'PATH-01',
    advice: ONE_SPELLING,
    run: sent((path) => ['%00', '%0a', '%0d%0aX-Odd:%20a', '%7f', '%1F'].map((sign) => `${path}${sign}`)),
  },
  {
    id: 'paths.encoded-twice',
    says: 'what would have to be decoded twice, or is not UTF-8, is refused',
    row: 'PATH-01',
    advice: ONE_SPELLING,
    run: sent((path) =>
      ['%252e', '%25%32%66', '/%252e%252e/', '%c0%ae', '%ff', '%'].map((end) => `${path}${end}`),
    ),
  },
  {
    id: 'paths.parameters',
    says: 'no semicolon hides the rest of a segment',
    row: 'PATH-01',
    advice: `With pathParams: 'allow' in latchkey.config.ts this is as it was asked for: then see that the origin reads semicolons as text. Else: ${ONE_SPELLING}`,
    run: sent((path) => [`${path};a=b`, `${path};/`, `${path}/..;/`]),
  },
  {
    id: 'paths.case',
    says: 'a guarded path in capitals is not served',
    row: 'PATH-02',
    advice:
      'A route without a credential covers it. Paths are told apart by case: see which route of latchkey.config.ts is so wide.',
    run: inAnotherCase,
  },
  {
    id: 'paths.targets',
    says: 'a target that is more than a path leads nowhere else',
    row: 'PATH-06',
    advice:
      'Something before the Worker goes by the request line alone. It must refuse what is no path of yours.',
    run: ({ ask, api, path }) =>
      forEach(
        [`http://elsewhere.invalid${path}`, `${path}#a`, `//elsewhere.invalid${path}`, '*'],
        async (target) => {
          const answer = await ask(api, { target });
          return isRefused(answer) ? fine(answer) : wrong(answer, 'was served');
        },
      ),
  },
];

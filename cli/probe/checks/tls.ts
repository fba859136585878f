import { type Check, type Finding, fine, forEach, judged, type Place, wrong } from '../check.ts';

/** What is answered without TLS: nothing, or the way to TLS. */
const withoutTls = async ({ ask, api, desk, path }: Place): Promise<readonly Finding[]> =>
  forEach(
    [
      { url: api, target: path },
      { url: desk as URL, target: '/' },
    ],
    async ({ url, target }) => {
      const answer = await ask(new URL(`http://${url.hostname}/`), { target });
      const leads = answer.header('location')?.startsWith(`https://${url.hostname}`) === true;
      if (answer.status === null || leads) return fine(answer);
      return wrong(answer, 'is answered without TLS');
    },
  );

const strictTransport = async ({ ask, desk }: Place): Promise<readonly Finding[]> => {
  const answer = await ask(desk as URL, { target: '/' });
  const seconds = Number(/max-age=(\d+)/.exec(answer.header('strict-transport-security') ?? '')?.[1] ?? 0);
  return [judged(answer, seconds < 15_552_000 && 'has no Strict-Transport-Security of half a year')];
};

export const TLS: readonly Check[] = [
  {
    id: 'tls.only',
    says: 'without TLS there is no answer but the way to it',
    row: 'WEB-10',
    advice: 'Switch "Always Use HTTPS" on for the zone (SSL/TLS, Edge Certificates).',
    needs: ['https', 'the Desk'],
    run: withoutTls,
  },
  {
    id: 'tls.strict',
    says: 'browsers are told to come to the pages by TLS alone',
    row: 'WEB-10',
    advice:
      'Latchkey says it with every page: see who changes it. HSTS of the zone (SSL/TLS, Edge Certificates) writes over it.',
    needs: ['https', 'the Desk'],
    run: strictTransport,
  },
];

import type { Answer } from '../ask.ts';
import { type Check, judged } from '../check.ts';

const readable = (answer: Answer, origin: string): string | null => {
  const allowed = answer.header('access-control-allow-origin');
  if (allowed === origin || allowed === '*') return `may be read by pages of ${origin}`;
  return answer.header('access-control-allow-credentials') === null ? null : 'lets cookies of pages in';
};

const ORIGINS = ['https://elsewhere.invalid', 'null'];

export const CORS: readonly Check[] = [
  {
    id: 'cors.strangers',
    says: 'pages of other sites may not read what the API answers',
    row: 'WEB-06',
    advice:
      'Pages that nobody listed may read answers. cors.origins has exact origins alone; see who else writes Access-Control-*.',
    run: async ({ ask, api, path }) => {
      const findings = [];
      for (const origin of ORIGINS) {
        const plain = await ask(api, { target: path, lines: [`Origin: ${origin}`] });
        const lines = [
          `Origin: ${origin}`,
          'Access-Control-Request-Method: GET',
          'Access-Control-Request-Headers: authorization',
        ];
        const preflight = await ask(api, { method: 'OPTIONS', target: path, lines });
        findings.push(judged(plain, readable(plain, origin)), judged(preflight, readable(preflight, origin)));
      }
      return findings;
    },
  },
];

import type { Answer } from '../ask.ts';
import { type Check, type Finding, judged, keptOut, unknown } from '../check.ts';

const NEVER =
  'Somebody keeps answers by URL. Switch Workers Cache off (no [cache] in wrangler.toml) and take cache rules off the API hosts: a hit is answered without the Worker.';

/** What says that an answer was made for somebody else, or may be given to somebody else. */
const kept = (answer: Answer): string | null => {
  const cf = answer.header('cf-cache-status');
  if (answer.header('age') !== null) return `has Age: ${answer.header('age')}`;
  if (cf !== null && !/^(?:DYNAMIC|BYPASS|NONE\/UNKNOWN)$/i.test(cf)) return `has CF-Cache-Status: ${cf}`;
  return null;
};

/** RFC 9111 §5.2.2: only for whom it was made. */
const shareable = (answer: Answer): string | null => {
  const control = answer.header('cache-control') ?? '';
  if (!/\b(?:private|no-store)\b/.test(control))
    return `is not private: Cache-Control: ${control || '(none)'}`;
  const vary = (answer.header('vary') ?? '').toLowerCase();
  const missing = ['authorization', 'x-api-key'].filter((name) => !vary.includes(name));
  return missing.length > 0 && !control.includes('no-store')
    ? `does not vary by ${missing.join(', ')}`
    : null;
};

const ids = ({ json, header }: Answer): string => `${json?.request_id ?? ''} ${header('x-request-id')}`;

export const CACHES: readonly Check[] = [
  {
    id: 'caches.refusals',
    says: 'each refusal is made anew',
    row: 'CACHE-02, CACHE-05',
    advice: NEVER,
    run: async ({ ask, api, path }) => {
      const target = `${path}/${unknown()}.css`;
      const first = await ask(api, { target });
      const again = await ask(api, { target });
      const other = await ask(api, { target, lines: ['Authorization: Bearer nothing'] });
      const findings: Finding[] = [first, again, other].map((answer) => judged(answer, kept(answer)));
      return [
        ...findings,
        judged(again, ids(first) === ids(again) && 'is the answer to another request'),
        judged(
          other,
          other.status === 401 && other.text === first.text && 'is the answer to another request',
        ),
      ];
    },
  },
  {
    id: 'caches.answers',
    says: 'what one caller was answered is given to nobody else',
    row: 'CACHE-01, CACHE-03',
    advice: NEVER,
    needs: ['a key'],
    run: async ({ ask, api, path }) => {
      const mine = await ask(api, { target: path, withKey: true });
      const out = keptOut(mine);
      if (out !== null) return [out];
      const stranger = await ask(api, { target: path });
      return [
        judged(mine, kept(mine) ?? shareable(mine)),
        judged(stranger, stranger.status !== 401 && '401 is right, without the key'),
      ];
    },
  },
];

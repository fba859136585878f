import { intersection, ONE, REST, segmentsOf } from '../model/pattern.ts';
import type { Route } from '../model/policy.ts';
import type { Secrets } from './secrets.ts';

/**
 * Open patterns that cover a protected one in another spelling. `/Admin` is not `/admin` here, so it falls to an
 * open `/**`; an origin that ignores case would serve it as `/admin` (SECURITY: PATH-02).
 */
export const openSpellings = (routes: readonly Route[]): readonly string[] =>
  routes.flatMap((open, i) =>
    open.auth === 'required' || !open.name.includes(ONE)
      ? []
      : routes
          .filter((shut) => shut.auth === 'required' && coversAnotherSpelling(open.name, shut.name))
          .map(
            (shut) =>
              `routes[${i}].path: "${open.name}" lets strangers in and covers other spellings of "${shut.name}": see that the origin does not ignore case`,
          ),
  );

/** Secrets for events that nobody is told of, or decisions that nobody can ask for: probably the setting was forgotten. */
export const unusedSecrets = (
  { events, decision }: { readonly events: unknown; readonly decision: unknown },
  { eventsSecret, decisionSecret }: Pick<Secrets, 'eventsSecret' | 'decisionSecret'>,
): readonly string[] => [
  ...(events === null && eventsSecret !== null ? ['EVENTS_SECRET: is not used: there is no events.url'] : []),
  ...(decision === null && decisionSecret !== null
    ? ['DECISION_SECRET: is not used: there is no decision']
    : []),
];

/** Of what comes to a Worker, Cloudflare writes this header itself: there it is the address of the proxy. */
export const notTheClients = ({
  decision,
}: {
  readonly decision: { readonly addressHeader: string } | null;
}): readonly string[] =>
  decision !== null && /^x-real-ip$/i.test(decision.addressHeader)
    ? [
        'decision.addressHeader: Cloudflare writes X-Real-IP itself: use it only where Latchkey runs elsewhere',
      ]
    : [];

/** Whether a wildcard stands where the other pattern has letters, which could be written in another case. */
const coversAnotherSpelling = (open: string, shut: string): boolean => {
  if (intersection(open.toLowerCase(), shut.toLowerCase()) === null) return false;
  const segments = segmentsOf(open);
  return segmentsOf(shut).some((segment, i) => {
    const cover = segments[i] ?? segments.at(-1);
    return /[A-Za-z]/.test(segment) && (cover === ONE || cover === REST);
  });
};

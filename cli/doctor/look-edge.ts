import type { Config } from '../../src/config.ts';
import { isHere } from '../here.ts';
import { type Answer, createAsk } from '../probe/ask.ts';
import { readDate, skewSeconds } from './clock.ts';

/** What is to be seen of one API host without a credential. */
export interface ApiFacts {
  readonly api: string;
  /** RFC 9728: what the Gate itself answers, whatever the routes are. */
  readonly metadata: Answer;
  /** Of a path that needs a credential; null where no route does. */
  readonly guarded: Answer | null;
}

/** What is to be seen of a deployment at first sight. */
export interface EdgeFacts {
  readonly apis: readonly ApiFacts[];
  readonly desk: { readonly url: string; readonly health: Answer; readonly jwks: Answer };
  /** How far the edge's clock is ahead; null where it does not say. */
  readonly skew: number | null;
}

/** Asks each host a question or two. */
export const lookAtEdge = async (
  { deskUrl }: Pick<Config, 'deskUrl'>,
  apis: readonly URL[],
  guarded: string | null,
): Promise<EdgeFacts> => {
  const ask = createAsk(null, apis);
  const seen: ApiFacts[] = [];
  for (const api of apis)
    seen.push({
      api: api.origin,
      metadata: await ask(api, { target: '/.well-known/oauth-protected-resource' }),
      guarded: guarded === null ? null : await ask(api, { target: guarded }),
    });
  const desk = new URL(deskUrl);
  const before = Date.now();
  const health = await ask(desk, { target: '/healthz' });
  const date = readDate(health.header('date'));
  return {
    apis: seen,
    desk: { url: desk.origin, health, jwks: await ask(desk, { target: '/.well-known/jwks.json' }) },
    // A machine that is asked itself has but one clock.
    skew: date === null || isHere(desk) ? null : skewSeconds(date, before, Date.now()),
  };
};

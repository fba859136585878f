import type { JSX } from 'hono/jsx/jsx-runtime';
import { answerFor } from '../http/answers.ts';
import { ok, type Refusal, type Result } from '../model/refusal.ts';
import { answer } from './answer.ts';
import type { Frame } from './layout.tsx';
import { RefusedPage } from './pages/refused.tsx';
import type { Place } from './places.ts';
import type { PortalPorts, Visit } from './ports.ts';
import type { PortalSession } from './session.ts';
import { placesFor, waysAt } from './ways.ts';

/** For how long the style may be kept, in seconds: the one thing here that is everybody's. */
const STYLE_SECONDS = 300;

/** Makes answers of pages. */
export const createPress = (ports: PortalPorts) => {
  const { brand, deskUrl, login } = ports;

  /** What is around a page: of nobody's, of somebody's, or of somebody's at a place. */
  const frame = (visit: Visit, session: PortalSession | null, place: Place | null = null): Frame => {
    const { pathname } = new URL(visit.request.url);
    return {
      ...{ brand, returnTo: visit.returnTo },
      signedInAs: session === null ? null : (session.email ?? session.owner.id),
      places: session === null ? [] : placesFor(session, ports, place),
      ways:
        session === null
          ? []
          : waysAt(place?.baseOf(visit) ?? '', pathname, (place?.kind ?? 'own') === 'own'),
    };
  };

  const page = async (
    content: JSX.Element,
    visit: Visit,
    status = 200,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> =>
    answer(`<!doctype html>${await content}`, status, visit, deskUrl, {
      'content-type': 'text/html; charset=utf-8',
      ...headers,
    });

  /** With the status that a refusal has everywhere, its challenge, and when to come back. */
  const refusedAs = (content: JSX.Element, refusal: Refusal, visit: Visit): Promise<Response> => {
    const { status, headers } = answerFor(refusal);
    return page(content, visit, status, headers?.(refusal, { realm: deskUrl }));
  };

  return {
    frame,
    page,

    refusedAs,

    refused: (refusal: Refusal, visit: Visit): Promise<Response> => {
      const canSignIn = login.loginUrl !== null;
      const content = <RefusedPage frame={frame(visit, null)} refusal={refusal} canSignIn={canSignIn} />;
      return refusedAs(content, refusal, visit);
    },

    /** Goes on by GET, whatever came (RFC 9110 §15.4.4). */
    goTo: (location: string, visit: Visit): Response => answer(null, 303, visit, deskUrl, { location }),

    style: (style: string, visit: Visit): Result<Response> =>
      ok(
        answer(style, 200, visit, deskUrl, {
          'content-type': 'text/css; charset=utf-8',
          'cache-control': `public, max-age=${STYLE_SECONDS}`,
        }),
      ),
  };
};

export type Press = ReturnType<typeof createPress>;

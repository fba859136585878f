import type { JSX } from 'hono/jsx/jsx-runtime';
import { answerFor } from '../http/answers.ts';
import { ok, type Refusal, type Result } from '../model/refusal.ts';
import { answer } from './answer.ts';
import type { Asset } from './assets.ts';
import type { Frame, SignedInFrame } from './layout.tsx';
import { RefusedPage } from './pages/refused.tsx';
import type { Place } from './place.ts';
import type { PortalPorts, Visit } from './ports.ts';
import type { PortalSession } from './session.ts';
import { operatorWays, placesFor, waysAt } from './ways.ts';

/**
 * What has its hash in its address is that for ever (RFC 8246). Of another version, such as an isolate is asked for while a
 * deployment spreads, what is here is sent and not kept: a page that asks for it again may find its own.
 */
const FOR_EVER = { 'cache-control': 'public, max-age=31536000, immutable' };

const DONE = { status: 200, headers: undefined };

/** Makes answers of pages. */
export const createPress = (ports: PortalPorts) => {
  const { brand, look, deskUrl, login, now } = ports;

  /** What is around a page of nobody's. */
  const frame = (visit: Visit): Frame => ({
    ...{ brand, returnTo: visit.returnTo, logo: look.logo, assets: visit.assets, now: now() },
    ...{ signedInAs: null, csrf: null, places: [], whose: null, ways: [] },
  });

  /** What is around a page of somebody's, at a place where it is of one. */
  const frameOf = (visit: Visit, session: PortalSession, place: Place | null = null): SignedInFrame => {
    const { pathname } = new URL(visit.request.url);
    const base = place?.baseOf(visit) ?? '';
    const isOwn = (place?.kind ?? 'own') === 'own';
    return {
      ...frame(visit),
      ...{ signedInAs: session.email ?? session.owner.id, csrf: session.csrf },
      places: placesFor(session, ports, place),
      ways: place?.kind === 'operators' ? operatorWays(pathname) : waysAt(base, pathname, isOwn),
      whose: place?.kind === 'user' ? { id: visit.params.user_id ?? '', href: base } : null,
    };
  };

  /** Of a refusal, with the status that it has everywhere, its challenge, and when to come back. */
  const page = async (
    content: JSX.Element,
    visit: Visit,
    refusal: Refusal | null = null,
    more: Readonly<Record<string, string>> = {},
  ): Promise<Response> => {
    const { status, headers } = refusal === null ? DONE : answerFor(refusal);
    return answer(`<!doctype html>${await content}`, status, visit, {
      'content-type': 'text/html; charset=utf-8',
      ...(refusal && headers?.(refusal, { realm: deskUrl })),
      ...more,
    });
  };

  return {
    ...{ frame, frameOf, page },

    refused: (refusal: Refusal, visit: Visit): Promise<Response> => {
      const canSignIn = login.loginUrl !== null;
      const content = <RefusedPage frame={frame(visit)} refusal={refusal} canSignIn={canSignIn} />;
      return page(content, visit, refusal);
    },

    /** Goes on by GET, whatever came (RFC 9110 §15.4.4). */
    goTo: (location: string, visit: Visit, headers: Readonly<Record<string, string>> = {}): Response =>
      answer(null, 303, visit, { location, ...headers }),

    asset: ({ body, headers, version }: Asset, visit: Visit): Result<Response> => {
      const isCurrent = new URL(visit.request.url).searchParams.get('v') === version;
      return ok(answer(body, 200, visit, { ...headers, ...(isCurrent ? FOR_EVER : {}) }));
    },
  };
};

export type Press = ReturnType<typeof createPress>;

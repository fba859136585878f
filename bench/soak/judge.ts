import { type Meter, mayBeOver } from './meter.ts';
import type { Seen } from './origin.ts';
import { type Credential, metersOf } from './people.ts';
import { LEASE_SECONDS, ROUTES, type RouteName } from './settings.ts';
import { possible, type Setting, type Timeline } from './timeline.ts';
import type { Reply } from './wire.ts';

/** What a request must come to. */
export type Expected =
  | { readonly type: 'refused'; readonly status: number; readonly code: string }
  | { readonly type: 'anonymous' }
  | { readonly type: 'caller'; readonly credential: Credential; readonly route: RouteName };

/** A request, and what it must come to. */
export interface Ask {
  /** For the figures. */
  readonly kind: string;
  readonly nonce: string;
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  /** Header lines besides those that every request has. */
  readonly lines: readonly string[];
  readonly body: Buffer | null;
  readonly isChunked: boolean;
  readonly host: string;
  readonly expected: Expected;
}

/** When a request began and ended at the client, in milliseconds. */
export interface Span {
  readonly startedAt: number;
  readonly endedAt: number;
}

/** What an answer was, and all that is wrong with it. */
export interface Verdict {
  readonly problems: readonly string[];
  /** What the origin saw, where it was asked. */
  readonly seen: Seen | null;
  /** The code of a refusal. */
  readonly code: string | null;
}

/** Whether an answer is one that may be, for this request at that time. */
export const judge = (ask: Ask, reply: Reply, span: Span): Verdict => {
  const seen = seenIn(reply);
  const code = seen === null && ask.method !== 'HEAD' ? codeIn(reply) : null;
  const said = seen === null ? `${reply.status} ${code ?? ''}`.trim() : String(reply.status);
  const problems = [
    ...(reply.status >= 500 ? [`a 5xx: ${said}`] : []),
    ...(reply.status === 401 && reply.field('www-authenticate') === null
      ? ['a 401 without a challenge']
      : []),
    ...(reply.field('x-request-id') === ask.requestId ? [] : ['the answer has another request id']),
    ...(seen === null ? ofRefusal(ask, reply, said, code, span) : ofAdmission(ask, reply, seen, span)),
  ];
  return { problems, seen, code };
};

const seenIn = (reply: Reply): Seen | null => {
  const text = reply.field('x-seen');
  return text === null ? null : (JSON.parse(text) as Seen);
};

const codeIn = ({ body }: Reply): string | null => {
  const at = body.indexOf('"code":"');
  return at < 0 ? null : body.toString('latin1', at + 8, body.indexOf('"', at + 8));
};

const ofRefusal = (
  { expected, method, requestId }: Ask,
  { status, body }: Reply,
  said: string,
  code: string | null,
  span: Span,
): readonly string[] => {
  const problems =
    method !== 'HEAD' && !body.includes(`"request_id":"${requestId}"`)
      ? ['the refusal is of another request']
      : [];
  switch (expected.type) {
    case 'anonymous':
      return [...problems, `nobody was refused: ${said}`];
    case 'refused': {
      const isSo = status === expected.status && (method === 'HEAD' || code === expected.code);
      return isSo ? problems : [...problems, `${said}, and not ${expected.status} ${expected.code}`];
    }
    case 'caller': {
      const allowed = refusalsOf(expected.credential, expected.route, span);
      const isSo = allowed.some(
        (each) => each.status === status && (method === 'HEAD' || each.code === code),
      );
      return isSo ? problems : [...problems, `a good credential was refused: ${said}`];
    }
  }
};

/**
 * Whether a request that was never answered may have been refused while its body was still on its way: who answers then
 * closes the connection, and the rest of the body finds nobody who takes it (RFC 9112 §9.6).
 */
export const mayBeUnheard = ({ body, expected }: Ask, span: Span): boolean =>
  body !== null &&
  expected.type === 'caller' &&
  refusalsOf(expected.credential, expected.route, span).length > 0;

interface Refused {
  readonly status: number;
  readonly code: string;
}

/** With which answers a credential can have been refused at some moment of a request. */
const refusalsOf = (credential: Credential, route: RouteName, span: Span): readonly Refused[] => {
  const wanted: readonly string[] = ROUTES[route].scopes;
  const lacks = scopesOf(credential, route, span).some(
    (scopes) => !wanted.every((one) => scopes.includes(one)),
  );
  return [
    ...(may(credential.alive, false, route, span) || may(credential.key?.alive ?? null, false, route, span)
      ? [{ status: 401, code: 'invalid_token' }]
      : []),
    ...(may(credential.owner.suspended, true, route, span) ? [{ status: 403, code: 'owner_suspended' }] : []),
    ...(lacks ? [{ status: 403, code: 'insufficient_scope' }] : []),
    ...(metersOf(credential).some((meter) => mayBeOver(meter, LEASE_SECONDS * 1000, span.endedAt))
      ? [{ status: 429, code: 'rate_limited' }]
      : []),
  ];
};

const may = (
  timeline: Timeline<boolean> | null,
  value: boolean,
  route: RouteName,
  { startedAt, endedAt }: Span,
): boolean =>
  timeline !== null && possible(timeline, startedAt, endedAt, ROUTES[route].isStrict).includes(value);

/**
 * The sets of scopes that a caller can have had. A key's token is of one moment and the Ring's word of another: what he
 * may do is what both say.
 */
const scopesOf = (
  { key, granted }: Credential,
  route: RouteName,
  { startedAt, endedAt }: Span,
): readonly (readonly string[])[] => {
  if (key === null) return [granted ?? []];
  const sets = possible(key.scopes, startedAt, endedAt, ROUTES[route].isStrict);
  const both = granted === null ? sets : [granted];
  return sets.flatMap((one) => both.map((other) => one.filter((scope) => other.includes(scope))));
};

const ofAdmission = (ask: Ask, reply: Reply, seen: Seen, span: Span): readonly string[] => {
  const { expected, nonce, requestId, method, path } = ask;
  const problems = [
    ...(reply.status === 200 ? [] : [`the origin answered ${reply.status}`]),
    ...(seen.nonce === nonce ? [] : [`the answer to nonce ${seen.nonce}`]),
    ...(seen.requestId === requestId ? [] : ['the origin was told another request id']),
    ...(seen.method === method && seen.path === path
      ? []
      : [`the origin was asked ${seen.method} ${seen.path}`]),
    ...(seen.hasCredential ? ['the origin got the credential'] : []),
    ...(['proven', 'unchecked'].includes(seen.assertion) ? [] : [`the assertion: ${seen.assertion}`]),
    ...(isOwnBody(ask, reply) ? [] : ['the body is of another answer']),
  ];
  if (expected.type === 'refused') return [...problems, `let in, and not ${expected.status}`];
  const { user, key, auth, scopes } = seen;
  if (expected.type === 'anonymous') {
    const isNobody = user === null && key === null && scopes === null && auth === 'anonymous';
    return isNobody ? problems : [...problems, `nobody was told to be ${user} ${key}`];
  }
  const { credential, route } = expected;
  const wanted: readonly string[] = ROUTES[route].scopes;
  const told = scopes === null ? [] : scopes.split(' ');
  const sets = scopesOf(credential, route, span);
  const isKnown = sets.some(
    (set) => set.length === told.length && set.every((scope) => told.includes(scope)),
  );
  return [
    ...problems,
    ...(user === credential.owner.userId ? [] : [`told to be the user ${user}`]),
    ...(key === (credential.key?.keyId ?? null) ? [] : [`told to be the key ${key}`]),
    ...(auth === credential.auth ? [] : [`told to have come by ${auth}`]),
    ...(isKnown ? [] : [`told to have the scopes ${scopes}`]),
    ...(wanted.every((scope) => told.includes(scope)) ? [] : ['let in without the scope']),
    ...(may(credential.owner.suspended, false, route, span) ? [] : ['let in though suspended']),
    ...(credential.alive === null || may(credential.alive, true, route, span)
      ? []
      : ['let in with a dead secret or token']),
    ...(credential.key === null || may(credential.key.alive, true, route, span)
      ? []
      : ['let in with a dead key']),
  ];
};

const isOwnBody = ({ method, body, nonce }: Ask, reply: Reply): boolean => {
  if (method === 'HEAD') return reply.body.length === 0;
  return body === null ? reply.body.includes(`"nonce":"${nonce}"`) : reply.body.equals(body);
};

/** What was taken away of a credential and not given back: of it is found out how long it could still be used. */
export const takenFrom = ({ owner, key, alive }: Credential): readonly Setting<unknown>[] =>
  [alive, key?.alive, key?.scopes, owner.suspended].flatMap((timeline) => {
    const last = timeline?.settings.at(-1);
    return last !== undefined && last.taking !== null ? [last] : [];
  });

/** Writes down what an answer says of limits and of what was taken away. `cost` in units. */
export const book = (
  meters: readonly Meter[],
  cost: number,
  { startedAt }: Span,
  { seen, code }: Pick<Verdict, 'seen' | 'code'>,
): void => {
  for (const meter of meters) {
    if (seen !== null) meter.admitted.push({ from: startedAt, to: seen.at, cost });
    else if (code === 'rate_limited') meter.refused++;
  }
};

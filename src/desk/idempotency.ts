import { framed, sha256 } from '../model/bytes.ts';
import type { Idempotency } from '../model/life.ts';
import { ok, type Result } from '../model/refusal.ts';
import type { Subject } from '../model/subject.ts';
import { invalid } from './body.ts';

/** Printable ASCII; the draft has a string of RFC 9651, and what people send is a bare UUID. Both are taken as they come. */
const KEY = /^[\x21-\x7E]{1,255}$/;

/**
 * What makes a request repeatable (draft-ietf-httpapi-idempotency-key-header-07 §2): who asks, what for, and the body as
 * it was understood, so that another spelling of the same is the same. Null without the header.
 */
export const idempotencyOf = async (
  request: Request,
  who: Subject,
  body: unknown,
): Promise<Result<Idempotency | null>> => {
  const key = request.headers.get('idempotency-key');
  if (key === null) return ok(null);
  if (!KEY.test(key))
    return invalid([{ pointer: '/Idempotency-Key', detail: 'must be 1 to 255 printable characters' }]);
  const { method, url } = request;
  return ok(await idempotencyNamed(key, `${method} ${new URL(url).pathname}`, who, body));
};

/** The same of a key that is known to be one: `target` is what is asked for. */
export const idempotencyNamed = async (
  key: string,
  target: string,
  { author }: Subject,
  body: unknown,
): Promise<Idempotency> => ({
  name: await hash(author.actor.kind, author.actor.id ?? '', key),
  request: await hash(target, JSON.stringify(body)),
});

const hash = (...texts: readonly string[]): Promise<string> => sha256(framed(...texts));

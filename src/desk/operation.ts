import type { Context } from 'hono';
import { err, type FieldError, type Reason, type Result } from '../model/refusal.ts';
import * as z from '../model/zod.ts';
import { fieldErrors, invalid, readBody } from './body.ts';
import type { Door } from './doors.ts';
import { readForm } from './oauth/form.ts';
import type { Call } from './ports.ts';

/** Whether a path is one of the OAuth endpoints: forms in, and the errors of RFC 6749 §5.2 out. */
export const isOAuth = (path: string): boolean => path.startsWith('/oauth2/');

/** What an answer looks like; without a body it says all it has to say in its headers. */
export interface AnswerSpec {
  readonly description: string;
  readonly body?: z.ZodMiniType;
  /** Default: `application/json`. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an operation is given to work with: everything is checked. */
export interface Asked<D, P, Q, B> {
  /** What the door found out about the caller. */
  readonly who: D;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly request: Request;
  readonly call: Call;
}

/** One thing that can be done at the Desk: served, checked and described from this one place. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With parameters in braces, as OpenAPI writes it. */
  readonly path: string;
  readonly operationId: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly door: Door<unknown>;
  readonly params: z.ZodMiniObject;
  readonly query: z.ZodMiniObject;
  /** Null for operations without a body, or with one that the door has read. */
  readonly body: z.ZodMiniType | null;
  /** What the door has read, because it is signed as it came: described, and not read again. */
  readonly message?: z.ZodMiniType;
  /** Request headers that it reads, with what they are for. */
  readonly headers: Readonly<Record<string, string>>;
  readonly answers: Readonly<Record<number, AnswerSpec>>;
  /** Reasons of its own for a refusal, besides those of its door and its form. */
  readonly refusals: readonly Reason[];
  readonly serve: (context: Context, call: Call) => Promise<Result<Response>>;
}

/**
 * An operation whose type still says what is asked and answered: the typed client is made of these types alone. Whoever
 * puts operations in a list leaves the list's type to be inferred, or the client does not know them.
 */
export type TypedOperation<
  M extends Operation['method'],
  T extends string,
  Q extends z.ZodMiniObject,
  B extends z.ZodMiniType,
  H extends Operation['headers'],
  A extends Operation['answers'],
> = Omit<Operation, 'method' | 'path' | 'query' | 'body' | 'headers' | 'answers'> & {
  readonly method: M;
  readonly path: T;
  readonly query: Q;
  readonly body: B | null;
  readonly headers: H;
  readonly answers: A;
};

type Empty = z.ZodMiniObject<Record<never, never>>;
const NOTHING: Empty = z.object({});

/** Puts an operation together: who may, then the form, and only then the work. */
export const operation = <
  D,
  const M extends Operation['method'],
  const T extends string,
  const A extends Operation['answers'],
  P extends z.ZodMiniObject = Empty,
  Q extends z.ZodMiniObject = Empty,
  B extends z.ZodMiniType = z.ZodMiniUndefined,
  const H extends Operation['headers'] = Record<never, never>,
>(
  spec: Pick<Operation, 'operationId' | 'tag' | 'summary'> &
    Partial<Pick<Operation, 'description' | 'refusals' | 'message'>> & {
      readonly method: M;
      readonly path: T;
      readonly answers: A;
      readonly headers?: H;
      readonly door: Door<D>;
      readonly params?: P;
      readonly query?: Q;
      readonly body?: B;
      readonly handle: (asked: Asked<D, z.output<P>, z.output<Q>, z.output<B>>) => Promise<Result<Response>>;
    },
): TypedOperation<M, T, Q, B, H, A> => {
  const { door, handle, body = null, ...rest } = spec;
  const params = spec.params ?? NOTHING;
  const query = (spec.query ?? NOTHING) as Q;
  return {
    refusals: [],
    ...rest,
    headers: spec.headers ?? ({} as H),
    ...{ door, params, query, body },
    serve: async (context, call) => {
      const who = await door.open(context, call);
      if (!who.ok) return who;
      const named = params.safeParse(context.req.param());
      // A path parameter that cannot be is a thing that is not there.
      if (!named.success) return err({ reason: 'not_found' });
      const twice = saidTwice(context, query);
      if (twice.length > 0) return invalid(twice);
      const asked = query.safeParse(queryOf(context, query));
      if (!asked.success) return invalid(fieldErrors(asked.error));
      const reading = isOAuth(spec.path) ? readForm : readBody;
      const read = body === null ? null : await reading(context.req.raw, body);
      if (read !== null && !read.ok) return read;
      return handle({
        who: who.value,
        params: named.data as z.output<P>,
        query: asked.data,
        body: (read === null ? undefined : read.value) as z.output<B>,
        request: context.req.raw,
        call,
      });
    },
  };
};

/** What a query says, by name: of a list all that is said. */
const queryOf = ({ req }: Context, { shape }: z.ZodMiniObject): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(shape).map(([name, schema]) => [
      name,
      schema instanceof z.ZodMiniArray ? req.queries(name) : req.query(name),
    ]),
  );

/** What is no list and is there twice: whoever looked at it before us may have taken the other (SECURITY: PATH-13). */
const saidTwice = ({ req }: Context, { shape }: z.ZodMiniObject): readonly FieldError[] =>
  Object.entries(shape).flatMap(([name, schema]) =>
    schema instanceof z.ZodMiniArray || (req.queries(name)?.length ?? 0) < 2
      ? []
      : [{ pointer: `/${name}`, detail: 'is there twice' }],
  );

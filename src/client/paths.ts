import type * as z from 'zod/mini';
import type { PROBLEM } from '../desk/openapi/problem.ts';
import type { AnswerSpec, Operation } from '../desk/operation.ts';
import type { deskOperations } from '../desk/operations.ts';

/** A refusal (RFC 9457), as the Desk answers it. */
export type Problem = z.output<typeof PROBLEM>;

/** As much of an operation's type as is needed here. */
type Typed = Pick<Operation, 'method' | 'path' | 'query' | 'body' | 'headers' | 'answers'>;

/** The operations whose types still say what they are: one in a list of plain `Operation`s could be anything. */
type Known<O> = O extends Typed ? (string extends O['path'] ? never : O) : never;

type Served = Known<ReturnType<typeof deskOperations>[number]>;

/** What the Desk serves, as `openapi-fetch` wants to know it: made from the schemas that serve it. */
export type Paths = {
  readonly [P in Served['path']]: {
    readonly [O in Extract<Served, { readonly path: P }> as Lowercase<O['method']>]: Described<O>;
  };
};

type Described<O extends Typed> = {
  readonly parameters: PathParameters<O['path']> & {
    readonly query?: z.input<O['query']>;
    readonly header?: { readonly [name in keyof O['headers']]?: string };
  };
  readonly responses: Responses<O['answers']> & {
    readonly default: { readonly content: { readonly 'application/problem+json': Problem } };
  };
} & Body<O['body']>;

/** Names in braces. */
type NamesIn<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never;

type PathParameters<P extends string> = [NamesIn<P>] extends [never]
  ? { readonly path?: never }
  : { readonly path: { readonly [name in NamesIn<P>]: string } };

/** An operation without a body is one of `undefined`. */
type Body<B> =
  NonNullable<B> extends z.ZodMiniUndefined
    ? { readonly requestBody?: never }
    : NonNullable<B> extends z.ZodMiniType
      ? {
          readonly requestBody: {
            readonly content: { readonly 'application/json': z.input<NonNullable<B>> };
          };
        }
      : { readonly requestBody?: never };

type Responses<A> = {
  readonly [S in keyof A & number]: { readonly content: Content<A[S]> };
};

type Content<A> = A extends { readonly body: infer B extends z.ZodMiniType }
  ? { readonly [type in TypeOf<A>]: z.output<B> }
  : A extends AnswerSpec
    ? { readonly [type in TypeOf<A>]: string }
    : never;

type TypeOf<A> = A extends { readonly contentType: infer T extends string } ? T : 'application/json';

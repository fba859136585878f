import { ERRORS, type ErrorType } from './errors.ts';
import type { JsonObject } from './json.ts';

/** What an endpoint concluded; `envelope.ts` makes the response. */
export type Result = Success | Refusal | OAuthRefusal;

export type Success = { readonly kind: 'success'; readonly status: number; readonly payload: JsonObject };

export type Refusal = { readonly kind: 'refusal'; readonly errorType: ErrorType; readonly message: string };

/** RFC 6749 §5.2, with Stytch's additions. */
export type OAuthRefusal = {
  readonly kind: 'oauth';
  readonly error: string;
  readonly status: number;
  readonly description: string;
  readonly challenge: boolean;
};

/** A success. */
export const succeed = (payload: JsonObject, status = 200): Success => ({ kind: 'success', status, payload });

/** One of Stytch's errors, with its own message or a more exact one. */
export const refuse = (errorType: ErrorType, message: string = ERRORS[errorType][1]): Refusal => ({
  kind: 'refusal',
  errorType,
  message,
});

/** Whether a value, whatever else it may be, is a refusal. */
export const isRefusal = <T>(value: T | Refusal): value is Refusal =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refusal';

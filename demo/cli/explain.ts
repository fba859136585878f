import { ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';
import { shown } from './terminal.ts';

/**
 * What went wrong, for the user. Only what is known to hold no secret is told: the words of RFC 6749 §5.2 and the
 * library's own; never a request, never a body. What is no failure of the network or the server is a bug, and thrown on.
 */
export const explain = (error: unknown): string => {
  if (error instanceof ResponseBodyError) {
    const { status, error: code, error_description: description } = error;
    return shown(`${status} ${code}${description === undefined ? '' : `: ${description}`}`);
  }
  if (error instanceof WWWAuthenticateChallengeError) return `it was refused (${error.status}).`;
  if (error instanceof ClientError) {
    if (error.cause instanceof Response) return `${error.message} (${error.cause.status}).`;
    return `${error.message}.`;
  }
  if (isOf(error, 'OAUTH_')) return `${error.message}.`;
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'it took too long.';
  // `fetch` says only that it failed; why, its cause says.
  if (error instanceof TypeError && error.cause instanceof Error) return `${reasonOf(error.cause)}.`;
  throw error;
};

/** The errors of oauth4webapi, which openid-client stands on. */
const isOf = (error: unknown, prefix: string): error is Error =>
  error instanceof Error && 'code' in error && String(error.code).startsWith(prefix);

const reasonOf = (cause: Error): string =>
  'code' in cause && cause.code === 'ECONNREFUSED' ? 'nobody answers there' : cause.message || cause.name;

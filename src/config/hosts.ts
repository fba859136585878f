import type { Environment } from '../model/key.ts';
import type { Problem } from './problem.ts';

const NAME =
  /^(?=[^:]{1,253}(?::|$))[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*(?::([1-9][0-9]{0,4}))?$/;
const LOOPBACK_V6 = /^\[::1\](?::([1-9][0-9]{0,4}))?$/;

/** Browsers leave these out, so that a host with one of them would never be asked for. */
const USUAL_PORTS: ReadonlySet<number> = new Set([80, 443]);

/** Whether a text is a host as `request.url` has it: lower-case, exact, no dot at the end, the usual port left out. */
export const isHost = (text: string): boolean => {
  const match = NAME.exec(text) ?? LOOPBACK_V6.exec(text);
  const port = match?.[1] === undefined ? null : Number(match[1]);
  return match !== null && (port === null || (port <= 65_535 && !USUAL_PORTS.has(port)));
};

/** A host without its port. */
export const hostname = (host: string): string => host.replace(/:[0-9]+$/, '');

/** Whether a host is this machine, where there is no TLS to ask for. */
export const isLoopback = (host: string): boolean => {
  const name = hostname(host);
  return name === 'localhost' || name === '127.0.0.1' || name === '[::1]' || name.endsWith('.localhost');
};

/**
 * What is wrong with a URL that must be scheme, host and port and nothing else, or null. It is never repeated:
 * one with a password in it is among what is refused. An unknown environment (null) is not held against it.
 */
export const baseUrlProblem = (text: string, environment: Environment | null): string | null => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return 'must be a URL';
  if (url.username !== '' || url.password !== '') return 'must not have a user or a password';
  if (text.includes('?')) return 'must not have a query';
  if (text.includes('#')) return 'must not have a fragment';
  if (url.pathname !== '/' || /[\\\s]/.test(text))
    return 'must not have a path: the path that policy saw is sent as it is';
  return wayProblem(url, environment);
};

/** What is wrong with a URL that we post to, or null: path and query are the receiver's own. It is never repeated. */
export const receiverUrlProblem = (text: string, environment: Environment | null): string | null => {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || /[\\\s]/.test(text)) return 'must be a URL';
  if (url.username !== '' || url.password !== '') return 'must not have a user or a password';
  if (text.includes('#')) return 'must not have a fragment';
  return wayProblem(url, environment);
};

const wayProblem = ({ hostname: name, protocol }: URL, environment: Environment | null): string | null => {
  if (name === '' || name.endsWith('.')) return 'must have a host name without a dot at its end';
  if (protocol === 'https:') return null;
  if (protocol !== 'http:') return 'must be https';
  if (!isLoopback(name)) return 'must be https, except on this machine';
  return environment === 'live' ? 'must be https with a live project' : null;
};

/** Whether a URL leads to one of our own hosts: what is sent there would come back to us. */
export const leadsToUs = (
  url: URL,
  hosts: { readonly api: readonly string[]; readonly desk: string } | undefined,
): boolean =>
  hosts !== undefined &&
  [...hosts.api, hosts.desk].some(
    (host) => host === url.host || (!isLoopback(host) && hostname(host) === url.hostname),
  );

/** What is wrong with a browser's origin (RFC 6454 §6.2), or null. Only the exact spelling ever compares equal. */
const browserOriginProblem = (text: string, environment: Environment | null): string | null => {
  const problem = baseUrlProblem(text, environment);
  if (problem !== null) return problem;
  if (text.includes('*')) return 'must be one origin: a pattern is never equal to any';
  return new URL(text).origin === text
    ? null
    : 'must be written as browsers do: scheme and host in lower case, no slash at the end';
};

/** The same for each of a list, by its place in the setting at `path`. */
export const browserOriginProblems = (
  origins: readonly string[],
  environment: Environment | null,
  path: Problem['path'],
): readonly Problem[] =>
  origins.flatMap((origin, i) => {
    const message = browserOriginProblem(origin, environment);
    return message === null ? [] : [{ path: [...path, i], message }];
  });

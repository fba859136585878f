import {
  allowInsecureRequests as allowHttp,
  processResourceDiscoveryResponse,
  resourceDiscoveryRequest,
} from 'oauth4webapi';
import { allowInsecureRequests, Configuration, discovery, None } from 'openid-client';
import { explain } from './explain.ts';
import { done, failed, type Outcome } from './outcome.ts';
import { isHere, safeUrl } from './urls.ts';

/** This command line, as the API's operator knows it: a public client (RFC 6749 §2.1). It has no secret to keep. */
const CLIENT_ID = 'acme-cli';

/** How long one answer may take. */
const TIMEOUT_SECONDS = 15;

/**
 * The authorization server of an API, from the API's URL alone: the API says which one is its (RFC 9728 §3), and that one
 * says where its endpoints are (RFC 8414 §3). Each must be about the very URL that was asked for.
 */
export const discoverServer = async (api: string): Promise<Outcome<Configuration>> => {
  const url = new URL(api);
  try {
    const response = await resourceDiscoveryRequest(url, {
      [allowHttp]: isHere(url),
      signal: () => AbortSignal.timeout(TIMEOUT_SECONDS * 1000),
    });
    const { authorization_servers: servers } = await processResourceDiscoveryResponse(url, response);
    const issuer = safeUrl(servers?.[0] ?? '');
    // An API out there does not get to name a server on this machine.
    if (issuer === null || (isHere(issuer) && !isHere(url)))
      return failed(`${api} names no authorization server that a key could come from.`);
    return await discoverEndpoints(issuer.href);
  } catch (error) {
    return failed(`${api} does not say how to log in: ${explain(error)}`);
  }
};

/** Where an authorization server has its endpoints (RFC 8414). */
export const discoverEndpoints = async (issuer: string): Promise<Outcome<Configuration>> => {
  const url = new URL(issuer);
  try {
    const config = await discovery(url, CLIENT_ID, undefined, None(), {
      ...{ algorithm: 'oauth2', timeout: TIMEOUT_SECONDS },
      execute: isHere(url) ? [allowInsecureRequests] : [],
    });
    return done(config);
  } catch (error) {
    return failed(`${issuer} does not say where its endpoints are: ${explain(error)}`);
  }
};

/** What it takes to present a key, where no endpoint is asked for: nothing is looked up. */
export const withoutEndpoints = (issuer: string): Configuration => {
  const config = new Configuration({ issuer }, CLIENT_ID, undefined, None());
  config.timeout = TIMEOUT_SECONDS;
  if (isHere(new URL(issuer))) allowInsecureRequests(config);
  return config;
};

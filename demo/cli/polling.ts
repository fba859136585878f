import {
  type Configuration,
  type DeviceAuthorizationResponse,
  genericGrantRequest,
  ResponseBodyError,
  type TokenEndpointResponse,
} from 'openid-client';

export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code';

/** RFC 8628 §3.2, where the server does not say. */
const INTERVAL_SECONDS = 5;
/** RFC 8628 §3.5: "the interval MUST be increased by 5 seconds". */
const SLOWER_SECONDS = 5;

/**
 * Asks until the user has decided (RFC 8628 §3.5); null for "interrupted". openid-client's own loop ends a request that is
 * under way, whose answer could be the key: this one ends between two requests only, so that no key is lost on its way.
 * Throws what openid-client throws.
 */
export const poll = async (
  config: Configuration,
  { device_code, interval = INTERVAL_SECONDS, expires_in }: DeviceAuthorizationResponse,
  interrupted: AbortSignal,
): Promise<TokenEndpointResponse | null> => {
  const endsAt = Date.now() + expires_in * 1000;
  let pauseSeconds = interval;
  while (await pause(pauseSeconds, interrupted)) {
    try {
      return await genericGrantRequest(config, DEVICE_CODE, { device_code });
    } catch (error) {
      const next = nextPause(error, pauseSeconds);
      // A server that is silent to the end would be asked for ever.
      if (next === null || Date.now() > endsAt) throw error;
      pauseSeconds = next;
    }
  }
  return null;
};

/** How long to wait before the next request; null where there is none to be made. */
const nextPause = (error: unknown, seconds: number): number | null => {
  if (error instanceof ResponseBodyError) {
    if (error.error === 'authorization_pending') return seconds;
    if (error.error === 'slow_down') return seconds + SLOWER_SECONDS;
    return null;
  }
  // RFC 8628 §3.5: after a time-out, the frequency is to go down; "exponential backoff" is what it recommends.
  return isPassing(error) ? seconds * 2 : null;
};

/** Whether the network or the server may have recovered by the next time. */
const isPassing = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  if (error instanceof TypeError) return error.cause instanceof Error;
  if ('code' in error && error.code === 'OAUTH_TIMEOUT') return true;
  return error.cause instanceof Response && error.cause.status >= 500;
};

/** False if it was interrupted. */
const pause = (seconds: number, interrupted: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    if (interrupted.aborted) return resolve(false);
    const end = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      interrupted.removeEventListener('abort', end);
      resolve(true);
    }, seconds * 1000);
    interrupted.addEventListener('abort', end, { once: true });
  });

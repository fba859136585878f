/** `PRAGMA` of an answer, in OpenAPI. */
export const PRAGMA_DESCRIBED = { Pragma: '`no-cache`, for caches that know HTTP/1.0 alone' } as const;

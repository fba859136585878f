/** RFC 6749 §5.1: besides `Cache-Control`, for caches that know HTTP/1.0 alone. */
export const PRAGMA = { pragma: 'no-cache' } as const;

/** The same in OpenAPI. */
export const PRAGMA_DESCRIBED = { Pragma: '`no-cache`, for caches that know HTTP/1.0 alone' } as const;

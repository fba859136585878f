/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, or undefined where it is none. */
  readonly json: unknown;
}

/** What is asked, besides the URL. */
export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** A machine under load may be slow; one that is silent for this long is broken. */
const PATIENCE_MS = 30_000;

/** Asks over HTTP, as any client would: redirects are not followed. */
export const ask = async (url: string, { method, headers = {}, body }: Question = {}): Promise<Answer> => {
  const response = await fetch(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    redirect: 'manual',
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
};

/** A key or a session, as a header. */
export const bearer = (credential: string) => ({ Authorization: `Bearer ${credential}` });

/** A member of something that should be an object; undefined where it is not, or has none of that name. */
export const member = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  );

/** A member that must be text, and is shown as missing where it is not. */
export const textOf = (value: unknown, ...path: readonly string[]): string => {
  const found = member(value, ...path);
  return typeof found === 'string' ? found : `(no ${path.join('.')})`;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

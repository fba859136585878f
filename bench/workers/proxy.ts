interface Env {
  readonly ORIGIN_URL: string;
}

/** A pass-through that takes the client's method, headers and body along, as a proxy must. */
export default {
  fetch: (request, env) =>
    fetch(env.ORIGIN_URL + pathOf(request.url), {
      method: request.method,
      headers: request.headers,
      body: request.body,
      redirect: 'manual',
    }),
} satisfies ExportedHandler<Env>;

const pathOf = (url: string): string => url.slice(url.indexOf('/', url.indexOf('://') + 3));

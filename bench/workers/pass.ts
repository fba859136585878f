interface Env {
  readonly ORIGIN_URL: string;
}

/** The least that a Worker in front of an origin can do: the floor that everything else is compared with. */
export default {
  fetch: (request, env) => fetch(env.ORIGIN_URL + pathOf(request.url), { redirect: 'manual' }),
} satisfies ExportedHandler<Env>;

const pathOf = (url: string): string => url.slice(url.indexOf('/', url.indexOf('://') + 3));

import type { Bindings } from './project.ts';

export { StytchProject } from './stytch-project.ts';

/** Hands every request to the one Durable Object that is the project. */
export default {
  fetch: (request, env) => env.STYTCH_PROJECT.getByName('project').fetch(request),
} satisfies ExportedHandler<Bindings>;

import { DurableObject } from 'cloudflare:workers';
import type { Hono } from 'hono';
import { app } from './app.ts';
import { ensureSigningKey } from './keys.ts';
import { type Bindings, openProject, type Project } from './project.ts';
import { seedOnce } from './seed.ts';
import { createTables } from './tables.ts';

/** The whole emulated project: all state is in its SQLite database, so it survives a restart. */
export class StytchProject extends DurableObject<Bindings> {
  readonly #project: Project;
  readonly #app: Hono;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    this.#project = openProject(env, ctx);
    this.#app = app(this.#project);
    void ctx.blockConcurrencyWhile(async () => {
      createTables(this.#project.sql);
      await ensureSigningKey(this.#project);
      await seedOnce(this.#project);
    });
  }

  override async fetch(request: Request): Promise<Response> {
    return await this.#app.fetch(request);
  }
}

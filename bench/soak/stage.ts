import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '../../tools/serve/index.ts';
import { variablesOf } from '../../tools/serve/variables.ts';
import { callJson } from '../http.ts';
import { latchkeyService, startStytch } from '../latchkey.ts';
import { type SoakOrigin, startOrigin } from './origin.ts';
import { DESK_HOST, DESK_URL, ORIGIN_ID } from './settings.ts';

/** Latchkey in plain workerd, Stytch and the origin, on ports of their own. */
export interface Stage extends AsyncDisposable {
  /** The process that Latchkey runs in, all its isolates. */
  readonly pid: number;
  /** One port for each isolate. */
  readonly isolates: readonly number[];
  readonly stytchPort: number;
  readonly projectId: string;
  readonly projectSecret: string;
  readonly origin: SoakOrigin;
  /** `LATCHKEY_MASTER_KEYS`, by which audit trails are verified. */
  readonly masterKeys: string;
  /** The end of what workerd wrote. */
  readonly logs: () => string;
}

export interface StageOptions {
  readonly isolates: number;
  /** One assertion of so many is proven. */
  readonly verifyEvery: number;
}

/**
 * Starts everything: as many isolates as wanted in one workerd, over the same Rings and the same KV, both on disk.
 * Nothing is left behind.
 */
export const startStage = async ({ isolates, verifyEvery }: StageOptions): Promise<Stage> => {
  await using open = new AsyncDisposableStack();
  const state = mkdtempSync(join(tmpdir(), 'latchkey-soak-'));
  open.defer(() => rmSync(state, { recursive: true, force: true }));
  const origin = open.use(await startOrigin());
  const stytch = open.use(await startStytch({ outlivesInterrupt: true }));
  const first = latchkeyService(stytch, origin.url, 'bench/soak/worker.ts');
  const names = Array.from({ length: isolates }, (_, i) => (i === 0 ? first.name : `${first.name}-${i}`));
  const services = names.map((name, i) =>
    i === 0 ? first : { ...first, name, shareDurableObjectsOf: first.name },
  );
  const server = open.use(await serve({ services, state, outlivesInterrupt: true }));
  const ports = names.map(server.port);
  const variables = variablesOf('emulator/wrangler.toml');
  const jwks = await callJson<{ readonly keys: readonly unknown[] }>(
    { port: ports[0] ?? 0, path: '/.well-known/jwks.json', headers: { Host: DESK_HOST } },
    200,
  );
  origin.begin({ jwks, issuer: DESK_URL, audience: ORIGIN_ID, verifyEvery });
  const all = open.move();
  return {
    ...{ pid: server.pid, isolates: ports, origin, logs: server.logs },
    stytchPort: stytch.port('stytch'),
    projectId: variables.PROJECT_ID ?? '',
    projectSecret: variables.PROJECT_SECRET ?? '',
    masterKeys: first.bindings?.LATCHKEY_MASTER_KEYS ?? '',
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
};

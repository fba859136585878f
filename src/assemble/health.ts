import type { DeskReconciler } from '../desk/durable.ts';
import type { Readiness } from '../desk/ports.ts';
import type { Signer } from '../gate/forward/assertion.ts';
import type { Health } from '../model/health.ts';
import { type Env, isCounted } from './env.ts';
import type { Shared } from './shared.ts';

interface HealthOptions {
  readonly shared: Pick<Shared, 'stytch' | 'jwksFetchedAt'>;
  readonly env: Pick<Env, 'ANALYTICS' | 'VERSION'>;
  readonly readiness: () => Promise<Readiness>;
  readonly reconciler: Pick<DeskReconciler, 'report'>;
  readonly signer: Pick<Signer, 'publicJwks'>;
}

/**
 * Tries all that a deployment depends on, side by side. Stytch is asked for its signing keys, which costs nothing there;
 * what else it does, each request tells.
 */
export const openHealth =
  ({ shared, env, readiness, reconciler, signer }: HealthOptions) =>
  async (): Promise<Health> => {
    const [ready, asked, report] = await Promise.all([
      readiness(),
      shared.stytch.jwks(),
      reconciler.report(),
    ]);
    const { VERSION: version } = env;
    return {
      checks: { ...ready, stytch: asked.outcome === 'answered', lobby: report.ok },
      jwksFetchedAt: await shared.jwksFetchedAt(),
      assertionKids: signer.publicJwks.keys.map(({ kid }) => kid),
      reconciliation: report.ok ? report.value : null,
      version: version === undefined ? null : { id: version.id, tag: version.tag || null },
      isCounted: isCounted(env),
    };
  };

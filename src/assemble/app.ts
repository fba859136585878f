import { createApp } from '../app.ts';
import type { Config, Secrets } from '../config.ts';
import { isHostAlone, sliceUrl } from '../gate/target.ts';
import type { Health } from '../model/health.ts';
import type { Policy } from '../model/policy.ts';
import { randomId } from '../runtime.ts';
import { openDesk } from './desk.ts';
import type { Env } from './env.ts';
import { openGate } from './gate.ts';
import type { Shared } from './shared.ts';

/** Both doors, of one isolate. */
export const openApp = (
  config: Config,
  policy: Policy,
  secrets: Secrets,
  shared: Shared,
  env: Env,
): { readonly fetch: (request: Request) => Promise<Response>; readonly health: () => Promise<Health> } => {
  const { gate, decision, ...ofGate } = openGate(config, policy, secrets, shared, env);
  const { desk, portal, health } = openDesk({ ...{ config, secrets, shared, env }, ...ofGate });
  const fetch = createApp({
    deskUrl: config.deskUrl,
    isForDesk: ({ url, headers }) => sliceUrl(url).host === config.hosts.desk && isHostAlone(headers),
    ...{ decision, portal, desk, gate, newRequestId: randomId, log: shared.log },
  });
  return { fetch, health };
};

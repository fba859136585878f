import type { Config, Secrets } from '../config.ts';
import { sleep } from '../runtime.ts';
import { createStytch } from '../stytch/client.ts';
import type { Env } from './env.ts';
import { openTrust } from './trust.ts';

/** What the Gate, the Desk, the Rings and the Lobbies have in common. */
export const openShared = (config: Config, secrets: Secrets, env: Env, now: () => number) => {
  const { projectId, apiUrl, vertical } = config.stytch;
  const wires = {
    fetch: (url: string, init: RequestInit) => fetch(url, init),
    sleep,
    random: Math.random,
  };
  const project = { baseUrl: apiUrl, projectId, vertical, projectSecret: secrets.stytchSecret.reveal() };
  const stytch = createStytch(project, wires);
  return { stytch, ...openTrust(config, secrets, env, now, stytch.jwks) };
};

export type Shared = ReturnType<typeof openShared>;

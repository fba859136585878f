import { unconfigured } from './app.ts';
import { openApp } from './assemble/app.ts';
import { type Env, logOf, platformProblems } from './assemble/env.ts';
import { lobbyPortsOf, ringPortsOf } from './assemble/objects.ts';
import { openShared } from './assemble/shared.ts';
import { readConfig, type Settings } from './config.ts';
import { bindingsNamed } from './gate/forward/origins.ts';
import { healthLine } from './model/health.ts';
import type { LobbyPorts } from './ring/lobby/parts.ts';
import { openReconciler } from './ring/lobby-name.ts';
import type { RingPorts } from './ring/parts.ts';
import { clock, randomId } from './runtime.ts';

export type { Env } from './assemble/env.ts';

/** One isolate's Latchkey, made from its environment at the first request. */
export interface Latchkey {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Throws when the configuration is not valid: an alarm is then put off. */
  readonly ringPorts: () => RingPorts;
  /** Throws as `ringPorts` does. */
  readonly lobbyPorts: () => LobbyPorts;
  /** What is done once a day (wrangler.toml, `[triggers]`). */
  readonly scheduled: () => Promise<void>;
}

/** The Latchkey of an environment, and so of an isolate: assembled once. */
export const latchkeyFor = (settings: Settings): ((env: Env) => Latchkey) => {
  const assembled = new WeakMap<Env, Latchkey>();
  return (env) => {
    const known = assembled.get(env);
    if (known !== undefined) return known;
    const latchkey = assemble(settings, env);
    assembled.set(env, latchkey);
    return latchkey;
  };
};

/**
 * Puts Latchkey together: environment → configuration → ports → app. Bindings are named here and in the folder beside,
 * and nowhere else.
 */
const assemble = (settings: Settings, env: Env): Latchkey => {
  const read = readConfig(settings, env);
  const log = logOf(env);
  const named = read.ok ? bindingsNamed(read.config.origin.place, read.policy.routes) : [];
  const problems = [...(read.ok ? [] : read.problems), ...platformProblems(env, named)];
  if (!read.ok || problems.length > 0) {
    log({ event: 'misconfigured', problems: problems.join('; ') });
    const throwInvalid = () => {
      throw new Error('the configuration is not valid');
    };
    return {
      fetch: async () => unconfigured(problems, randomId(), log),
      ringPorts: throwInvalid,
      lobbyPorts: throwInvalid,
      // What was wrong was logged; the next day's comes.
      scheduled: async () => {},
    };
  }
  for (const warning of read.warnings) log({ event: 'warning', warning });
  const { config, policy, secrets } = read;
  const now = clock(config.clockOffsetSeconds * 1000);
  const shared = openShared(config, secrets, env, now);
  const { fetch, health } = openApp(config, policy, secrets, shared, env);
  return {
    fetch,
    ringPorts: () => ringPortsOf(config, secrets, shared, env),
    lobbyPorts: () => lobbyPortsOf(config, shared, env),
    scheduled: async () => {
      const request = { dryRun: false, by: null, maxOrphans: null };
      const started = await openReconciler(env.LOBBY).startReconciliation(request);
      if (!started.ok)
        log({ event: 'reconciliation', outcome: 'not begun', because: started.refusal.reason });
      log(healthLine(await health(), now()));
    },
  };
};

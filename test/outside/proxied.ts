import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Verify } from '../../src/origin/index.ts';
import { bundle } from '../../tools/serve/bundle.ts';
import { serve } from '../../tools/serve/index.ts';
import { type Caller, issue, latchkey, signIn, stytchEmulator, verifierOf } from './edge.ts';
import { startAll } from './origins/index.ts';
import type { Program } from './origins/origin.ts';
import { type RecordingOrigin, recordingOrigin } from './recording-origin.ts';

/** Where the parts of a proxy's configuration are in a test, and its secret. */
export interface Places {
  /** Beginning of the names of all that it may write. */
  readonly own: string;
  readonly port: number;
  readonly latchkeyPort: number;
  readonly originPort: number;
  readonly secret: string;
}

/** Another proxy in front of an origin, which asks Latchkey for each decision. */
export interface Proxied {
  readonly port: number;
  readonly latchkeyPort: number;
  readonly secret: string;
  readonly origin: RecordingOrigin;
  readonly verify: Verify;
  readonly newCaller: (scopes?: readonly string[], more?: object) => Promise<Caller>;
  readonly stopLatchkey: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Starts Stytch's emulator, an origin, the production bundle that proxies may ask, and one of them. */
export const startProxied = async (name: string, proxy: (places: Places) => Program): Promise<Proxied> => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-proxied-'));
  // What nginx serves by is nobody.
  chmodSync(folder, 0o755);
  const secret = randomBytes(32).toString('base64url');
  const origin = await recordingOrigin();
  const stytch = await serve({ services: [stytchEmulator()] });
  const service = latchkey(stytch.port('stytch'), origin.port);
  const worker = await serve({
    services: [
      {
        ...service,
        script: bundle('test/outside/decision-worker.ts').script,
        bindings: { ...service.bindings, DECISION_SECRET: secret },
      },
    ],
  });
  const latchkeyPort = worker.port('latchkey');
  const programs = (own: string, port: number) => [
    proxy({ own, port, latchkeyPort, originPort: origin.port, secret }),
  ];
  const { port, end } = await startAll(name, programs, folder);
  return {
    ...{ port, latchkeyPort, secret, origin },
    verify: await verifierOf(latchkeyPort),
    newCaller: async (scopes = ['items:read', 'items:write'], more = {}) =>
      issue(latchkeyPort, await signIn(stytch.port('stytch')), 'proxied', scopes, more),
    stopLatchkey: () => worker.stop(),
    stop: async () => {
      await end();
      await Promise.all([worker.stop(), stytch.stop(), origin.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

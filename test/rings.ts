import { env } from 'cloudflare:workers';
import { vi } from 'vitest';
import { type Env, latchkeyFor } from '../src/assemble.ts';
import type { Settings } from '../src/config.ts';
import type { RingPorts } from '../src/ring/parts.ts';
import settings from './settings.ts';
import { KeyRing } from './worker.ts';

/**
 * From now on, Rings that come to life do so under the tests' file with these changes, and with ports that `changed` makes
 * of those. Undo it with `mockRestore`.
 */
export const ringsUnder = (
  file: Partial<Settings>,
  variables: object = {},
  changed: (ports: RingPorts) => RingPorts = (ports) => ports,
) => {
  const latchkey = latchkeyFor({ ...settings, ...file });
  const ports = vi.spyOn(KeyRing.prototype as unknown as { ports: (vars: Env) => RingPorts }, 'ports');
  const under = { ...(env as unknown as Env), ...variables } as Env;
  return ports.mockImplementation(() => changed(latchkey(under).ringPorts()));
};

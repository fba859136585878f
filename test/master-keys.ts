import { env } from 'cloudflare:workers';
import { base64url } from 'jose';
import { vi } from 'vitest';
import type { Env } from '../src/assemble.ts';
import { inUse } from './secrets.ts';
import { KeyRing, latchkey } from './worker.ts';

export interface MasterKeyText {
  readonly id: string;
  readonly key: string;
}

/** The one that the tests begin with. */
export const OLD = (): MasterKeyText =>
  JSON.parse(String((env as unknown as Record<string, unknown>).LATCHKEY_MASTER_KEYS))[0];

/** A master key that nobody has heard of yet. */
export const made = (id: string): MasterKeyText => {
  const key = base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
  inUse(key);
  return { id, key };
};

/** The variable of an isolate that was deployed with these, newest first. */
export const listed = (...keys: readonly MasterKeyText[]) => ({ LATCHKEY_MASTER_KEYS: JSON.stringify(keys) });

/** The Rings too are deployed anew: those that come to life from now on have these master keys. */
export const ringsUnder = (...keys: readonly MasterKeyText[]) => {
  const ports = vi.spyOn(KeyRing.prototype as unknown as { ports: (vars: Env) => object }, 'ports');
  ports.mockImplementation((vars) => latchkey({ ...vars, ...listed(...keys) }).ringPorts());
  return ports;
};

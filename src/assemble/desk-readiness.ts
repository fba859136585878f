import type { Readiness } from '../desk/ports.ts';
import type { Signer } from '../gate/forward/assertion.ts';
import { ANONYMOUS } from '../model/identity.ts';
import { within } from '../model/within.ts';

/** A KV that takes longer cannot be read, in milliseconds. Whoever asks is often a machine that must not wait itself. */
const KV_DEADLINE_MS = 1_000;

interface ReadinessOptions {
  readonly canVerify: () => Promise<boolean>;
  readonly signer: Signer;
  readonly vault: KVNamespace;
  readonly now: () => number;
}

/** Tries all that a deployment may have got wrong, and that shows only when it is used. */
export const deskReadiness =
  ({ canVerify, signer, vault, now }: ReadinessOptions) =>
  async (): Promise<Readiness> => ({
    signing_keys: await canVerify(),
    assertion_keys: await canSign(signer, now()),
    kv: await canRead(vault),
  });

/** A private key that does not fit its public half shows when it is imported. */
const canSign = async (signer: Signer, at: number): Promise<boolean> => {
  try {
    await signer.sign(ANONYMOUS, at);
    return true;
  } catch {
    return false;
  }
};

const canRead = async (kv: KVNamespace): Promise<boolean> => {
  try {
    const answered = kv.get('readiness').then(() => true);
    return (await within(answered, KV_DEADLINE_MS)) === true;
  } catch {
    return false;
  }
};

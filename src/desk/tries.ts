import { addressBlock } from '../model/address.ts';
import { nameOfAddress } from '../model/fingerprint.ts';
import { err, ok, type Refusal, type Result } from '../model/refusal.ts';
import type { DeskLobby } from './durable.ts';
import type { DeskPorts } from './ports.ts';

/** What may be done so often in ten minutes under a name. */
export interface Tries {
  readonly name: string;
  readonly max: number;
}

/**
 * Counts a try under each of these names, or under none where one of them has no room. Counted before it is made: many at
 * once do not get past. What is given back takes it back.
 */
export const countTries = async (
  { lobbyOf }: Pick<DeskPorts, 'lobbyOf'>,
  tries: readonly Tries[],
  exhausted: (retryAfterSeconds: number) => Refusal,
): Promise<Result<() => Promise<void>>> => {
  const marks: { readonly name: string; readonly id: number }[] = [];
  // What is not taken back counts for ten minutes, and that is all.
  const takeBack = async (): Promise<void> => {
    await Promise.all(marks.map(({ name, id }) => lobbyOf(name).takeBackTry(name, id)));
  };
  // One after the other: who has no room left under his own name takes none under his address's.
  for (const { name, max } of tries) {
    const counted = await countTry(lobbyOf(name), name, max, exhausted);
    if (!counted.ok) {
      await takeBack();
      return counted;
    }
    marks.push({ name, id: counted.value });
  }
  return ok(takeBack);
};

const countTry = async (
  lobby: DeskLobby,
  name: string,
  max: number,
  exhausted: (retryAfterSeconds: number) => Refusal,
): Promise<Result<number>> => {
  const counted = await lobby.countTry(name, max);
  if (!counted.ok) return counted;
  return counted.value.result === 'counted'
    ? ok(counted.value.id)
    : err(exhausted(counted.value.retryAfterSeconds));
};

/** The name under which tries from an address are counted; none where nobody knows the address. */
export const triesFrom = async (
  { keychain, projectId }: Pick<DeskPorts, 'keychain' | 'projectId'>,
  what: string,
  address: string | null,
  max: number,
): Promise<readonly Tries[]> => {
  const block = addressBlock(address);
  if (block === null) return [];
  const { current } = await keychain();
  return [{ name: `${what} ${await nameOfAddress(current, projectId, block)}`, max }];
};

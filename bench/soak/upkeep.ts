import { setTimeout as wait } from 'node:timers/promises';
import { endOverdue, leave } from './keys.ts';
import { renewSession } from './prepare.ts';
import type { Soak } from './soak.ts';
import { violate } from './tally.ts';

const EVERY_MS = 250;
/** A session JWT is renewed when less than this is left of it. */
const RENEW_BEFORE_MS = 120_000;

/** Does what happens by itself: sessions are renewed by the app, keys and rotations come to their end. */
export const keepUp = async (soak: Soak): Promise<void> => {
  for (; !soak.isOver(); await wait(EVERY_MS)) {
    endByThemselves(soak);
    for (const owner of soak.owners) {
      if (owner.session.expiresAt - Date.now() > RENEW_BEFORE_MS) continue;
      try {
        owner.session = await renewSession(soak.stage, owner);
      } catch (error) {
        // The emulator is not what is tested; but without a session nothing can be said.
        const problem = `no session: ${error instanceof Error ? error.message : error}`;
        violate(soak.tally, {
          ...{ kind: 'session', problem, at: new Date().toISOString(), ms: 0, nonce: '' },
          detail: { user: owner.userId },
        });
        await wait(EVERY_MS);
      }
    }
  }
};

/** Takes note of keys and rotations whose time is over. */
export const endByThemselves = (soak: Soak): void => {
  for (const key of [...soak.keys, ...soak.small]) {
    if (key.rotationEndsAt !== null) endOverdue(soak, key);
    if (key.expiresAt !== null && key.expiresAt <= Date.now()) leave(soak, key, key.expiresAt + LAST_LOOK_MS);
  }
};

/** For how long a key that expired is tried. */
const LAST_LOOK_MS = 5_000;

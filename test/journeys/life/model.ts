import type { Pair } from '../../foreign.ts';

/** A key as the model has it; of an imported client, `current` is its pair as it is sent. What a crash or a silent Stytch left open is `unsure`, until the ledger has worked. */
export interface ModelKey {
  readonly id: string;
  scopes: readonly string[];
  /** The whole key that is good; null where it was never delivered. */
  current: string | null;
  /** The second one of a rotation. */
  next: string | null;
  finishesAt: number | null;
  expiresAt: number | null;
  ended: boolean;
}

/** What ought to be true of one owner. */
export interface Model {
  readonly keys: Map<string, ModelKey>;
  /** Whole keys that were good once and are good no more. */
  readonly dead: Set<string>;
  /** Every whole key that was ever handed out. */
  readonly delivered: Set<string>;
  /** Imports that were cut off: their clients may have the owner's name at Stytch already. By client id. */
  readonly pending: Map<string, Pair>;
  /** Clients that were made elsewhere, and deactivated there. */
  readonly inactive: Set<string>;
  suspended: boolean;
  /** Creations and rotations whose answer nobody got: they hold a slot for a while, and no secret is known of them. */
  lost: number;
}

export const newModel = (): Model => ({
  keys: new Map(),
  dead: new Set(),
  delivered: new Set(),
  pending: new Map(),
  inactive: new Set(),
  suspended: false,
  lost: 0,
});

/** Takes note of what was handed out; a secret is handed out once. */
export const deliver = (model: Model, key: string): void => {
  if (model.delivered.has(key)) throw new Error('a secret was delivered twice');
  model.delivered.add(key);
};

export const end = (model: Model, key: ModelKey): void => {
  key.ended = true;
  for (const secret of [key.current, key.next]) if (secret !== null) model.dead.add(secret);
};

export const finish = (model: Model, key: ModelKey): void => {
  if (key.current !== null) model.dead.add(key.current);
  key.current = key.next;
  key.next = null;
  key.finishesAt = null;
};

export const cancel = (model: Model, key: ModelKey): void => {
  if (key.next !== null) model.dead.add(key.next);
  key.next = null;
  key.finishesAt = null;
};

/** What the clock does by itself. */
export const tick = (model: Model, now: number): void => {
  for (const key of model.keys.values()) {
    if (key.ended) continue;
    if (key.expiresAt !== null && key.expiresAt <= now) end(model, key);
    else if (key.finishesAt !== null && key.finishesAt <= now) finish(model, key);
  }
};

/** The whole keys that must open the door now. */
export const alive = (model: Model): readonly string[] =>
  model.suspended
    ? []
    : [...model.keys.values()]
        .filter(({ ended }) => !ended)
        .flatMap(({ current, next }) => [current, next].filter((each) => each !== null));

/** The n-th key that the model takes for living, wrapping around; null when there is none. */
export const pick = (model: Model, n: number): ModelKey | null => {
  const living = [...model.keys.values()].filter(({ ended }) => !ended);
  return living[n % Math.max(1, living.length)] ?? null;
};

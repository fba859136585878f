import type { ListedKey } from './key-lists.ts';

/**
 * Where a new key is. `listed`: it stands last, is accepted (published) and makes nothing. `first`: it is in use. `alone`: the
 * others are off.
 */
export type Place = 'listed' | 'first' | 'alone';

/** How far a rotation is. */
export interface Rotation {
  /** The new key. */
  readonly id: string;
  readonly place: Place;
  /** When the Worker was given the list as this place has it; null while nobody knows that it was. Milliseconds. */
  readonly sentAt: number | null;
}

/** How long a key stays in a place at least, in milliseconds; null for the place that a rotation ends in. */
export type Pace = Readonly<Record<Place, number | null>>;

export type Step =
  /** A new key is made, and listed. */
  | { readonly step: 'begin' }
  /** The new key moves on, or what was not sent is sent. */
  | { readonly step: 'send'; readonly place: Place }
  | { readonly step: 'wait'; readonly until: number };

const ORDER: readonly Place[] = ['listed', 'first', 'alone'];

/** What comes next, of a list that has these keys. A rotation of a key that is not among them never came to anything. */
export const nextStep = (
  rotation: Rotation | null,
  ids: readonly string[],
  pace: Pace,
  now: number,
): Step => {
  if (rotation === null || !ids.includes(rotation.id)) return { step: 'begin' };
  const { place, sentAt } = rotation;
  if (sentAt === null) return { step: 'send', place };
  const [stays, next] = [pace[place], ORDER[ORDER.indexOf(place) + 1]];
  if (stays === null || next === undefined) return { step: 'begin' };
  return now < sentAt + stays ? { step: 'wait', until: sentAt + stays } : { step: 'send', place: next };
};

/** The list with a key in its place. Done twice it is the same. */
export const arranged = (keys: readonly ListedKey[], id: string, place: Place): readonly ListedKey[] => {
  const [its, others] = [keys.filter((key) => key.id === id), keys.filter((key) => key.id !== id)];
  switch (place) {
    case 'listed':
      return [...others, ...its];
    case 'first':
      return [...its, ...others];
    case 'alone':
      return its;
  }
};

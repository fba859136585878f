/** Bounds of what is kept: so many of them, and so much of their weight together. */
export interface Bounds<V> {
  readonly max: number;
  readonly maxWeight: number;
  /** What a value weighs; asked when it is put in, and not again until it is put in again. */
  readonly weightOf: (value: V, name: string) => number;
  /** Told of each that goes: whether it had to, or was taken out, put in again, or too heavy. */
  readonly gone?: (value: V, name: string, evicted: boolean) => void;
}

/** One that is kept, between the one that was used before it and the one after. */
interface Place<V> {
  readonly name: string;
  readonly value: V;
  readonly weight: number;
  older: Place<V> | null;
  newer: Place<V> | null;
}

/** Values by name, within bounds: what was not used for longest goes first. Each step takes the same time, however many there are. */
export const createBounded = <V>({ max, maxWeight, weightOf, gone }: Bounds<V>) => {
  const places = new Map<string, Place<V>>();
  let oldest: Place<V> | null = null;
  let newest: Place<V> | null = null;
  let whole = 0;

  const unlink = ({ older, newer }: Place<V>): void => {
    if (older === null) oldest = newer;
    else older.newer = newer;
    if (newer === null) newest = older;
    else newer.older = older;
  };
  const append = (place: Place<V>): void => {
    place.older = newest;
    place.newer = null;
    if (newest === null) oldest = place;
    else newest.newer = place;
    newest = place;
  };
  const take = (place: Place<V>, evicted: boolean): void => {
    places.delete(place.name);
    unlink(place);
    whole -= place.weight;
    gone?.(place.value, place.name, evicted);
  };
  const remove = (name: string): void => {
    const place = places.get(name);
    if (place !== undefined) take(place, false);
  };

  return {
    /** The value of a name, which is in use by that. */
    get: (name: string): V | undefined => {
      const place = places.get(name);
      if (place === undefined) return undefined;
      if (place !== newest) {
        unlink(place);
        append(place);
      }
      return place.value;
    },
    /** The same for whoever only looks. */
    peek: (name: string): V | undefined => places.get(name)?.value,
    /** What was not used for longest. */
    oldest: (): Pick<Place<V>, 'name' | 'value'> | null => oldest,
    delete: remove,
    /** One of the same name goes before. One that is heavier than all together may be is not kept. */
    set: (name: string, value: V): void => {
      remove(name);
      const weight = weightOf(value, name);
      if (weight > maxWeight) return;
      const place: Place<V> = { name, value, weight, older: null, newer: null };
      places.set(name, place);
      append(place);
      whole += weight;
      while (oldest !== null && (places.size > max || whole > maxWeight)) take(oldest, true);
    },
  };
};

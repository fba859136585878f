/** Something that was asked for, and since when it can be, and must be, in force. Milliseconds. */
export interface Setting<T> {
  readonly value: T;
  readonly askedAt: number;
  /** From then on nothing older is in force anywhere; Infinity until it was answered. */
  sureAt: number;
  /** The same where every request asks the Ring (`leaseSeconds: 0`). */
  strictlySureAt: number;
  /** What is found out about something that was taken away. */
  readonly taking: Taking | null;
}

/** Something that was taken away, and how long it was still to be had. */
export interface Taking {
  readonly kind: string;
  answeredAt: number;
  effectiveBy: number;
  /** When the last request began that was let in nevertheless; null for none after the answer. */
  lastAdmittedAt: number | null;
  /** Requests that began after `effectiveBy`. */
  probes: number;
}

/** What something was set to, oldest first. */
export interface Timeline<T> {
  readonly settings: Setting<T>[];
}

export const openTimeline = <T>(value: T, since = 0): Timeline<T> => ({
  settings: [{ value, askedAt: since, sureAt: since, strictlySureAt: since, taking: null }],
});

/** Something is asked for, and may be in force from now on. It is sure only when it was answered. */
export const ask = <T>(
  { settings }: Timeline<T>,
  value: T,
  askedAt: number,
  taking: Taking | null = null,
): Setting<T> => {
  const setting = { value, askedAt, sureAt: Infinity, strictlySureAt: Infinity, taking };
  settings.push(setting);
  return setting;
};

/** What was asked for was refused: nothing changed. */
export const withdraw = <T>({ settings }: Timeline<T>, setting: Setting<T>): void => {
  const index = settings.indexOf(setting);
  if (index >= 0) settings.splice(index, 1);
};

/** All that can have been in force at some moment of a request, newest first. */
export const possible = <T>(
  { settings }: Timeline<T>,
  startedAt: number,
  endedAt: number,
  isStrict: boolean,
): readonly T[] => {
  const values: T[] = [];
  for (let i = settings.length - 1; i >= 0; i--) {
    const setting = settings[i];
    if (setting === undefined) break;
    if (setting.askedAt <= endedAt) values.push(setting.value);
    if ((isStrict ? setting.strictlySureAt : setting.sureAt) < startedAt) break;
  }
  return values;
};

/** What is in force when nothing is under way any more. */
export const latest = <T>({ settings }: Timeline<T>): T | undefined => settings.at(-1)?.value;

/** What was taken away last, if nothing was given back since. */
export const takingOf = <T>({ settings }: Timeline<T>): Taking | null => settings.at(-1)?.taking ?? null;

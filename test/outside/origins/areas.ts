/**
 * What every origin has a handler of its own for: one for each route of `test/settings.ts` that somebody could want to
 * come to by another path. `payouts` and `pairs` are not for keys.
 */
export const AREAS = {
  public: '/public',
  optional: '/optional',
  items: '/v1/items',
  any: '/v1/any',
  strict: '/v1/strict',
  heavy: '/v1/heavy',
  payouts: '/v1/payouts',
  pairs: '/v1/pairs',
} as const;

/** The handler of everything else. */
export const ELSEWHERE = 'elsewhere';

export type Area = keyof typeof AREAS | typeof ELSEWHERE;

export const EACH_AREA = Object.entries(AREAS);

/** The handler that a path belongs to, told as simply as can be. */
export const areaOf = (path: string): Area => {
  const found = EACH_AREA.find(([, start]) => path === start || path.startsWith(`${start}/`));
  return (found?.[0] as Area | undefined) ?? ELSEWHERE;
};

/** To some an area is itself with its last slash and without. */
export const unslashed = (path: string): string =>
  EACH_AREA.some(([, start]) => path === `${start}/`) ? path.slice(0, -1) : path;

/** In the folder of files: in every area some that are there, each saying which it is. */
export const FILES = EACH_AREA.flatMap(([, path]) => [`${path}/a`, `${path}/1`]);

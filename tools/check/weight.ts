import type { Metafile } from 'esbuild';

/** What a bundle may weigh, in bytes, and what its parts weighed when that was written down. */
export interface Budget {
  readonly raw: number;
  readonly gzip: number;
  readonly parts: Parts;
}

/** Bytes in the bundle by part: a package (`npm:jose`), a room of src (`src/gate`), or a file at the top of one. */
export type Parts = Readonly<Record<string, number>>;

/** A bundle that was weighed. */
export interface Weighed {
  readonly raw: number;
  readonly gzip: number;
  readonly metafile: Metafile;
}

/** What a bundle has of each part, the largest first. */
export const partsOf = (metafile: Metafile): Parts => {
  const parts: Record<string, number> = {};
  for (const [path, bytes] of modulesOf(metafile)) parts[partOf(path)] = (parts[partOf(path)] ?? 0) + bytes;
  return Object.fromEntries(Object.entries(parts).sort(([, one], [, other]) => other - one));
};

/**
 * What is in a bundle and in none of the parts, or files, that may be: of each strange part the module that is nearest to
 * the entry, with the imports that brought it.
 */
export const strangersIn = (
  metafile: Metafile,
  entry: string,
  mayHave: readonly string[],
): readonly string[] => {
  const strange = modulesOf(metafile).filter(
    ([path]) => !mayHave.includes(path) && !mayHave.includes(partOf(path)),
  );
  const ways = waysFrom(entry, metafile);
  const groups = Map.groupBy(strange, ([path]) => partOf(path));
  return [...groups].map(([part, modules]) => {
    const bytes = modules.reduce((sum, [, each]) => sum + each, 0);
    const [way = [part]] = modules
      .map(([path]) => ways.get(path) ?? [path])
      .sort((one, other) => one.length - other.length);
    return `${part} (${kib(bytes)} KiB) came in: ${way.join(' → ')}`;
  });
};

/** By how much a bundle is over its budget, and what of it grew most since that was written down; nothing if it is not. */
export const overweight = (
  name: string,
  { raw, gzip, metafile }: Weighed,
  budget: Budget,
): readonly string[] => {
  const over = [
    ...(raw > budget.raw ? [`${kib(raw)} KiB, and may be ${kib(budget.raw)}`] : []),
    ...(gzip > budget.gzip ? [`${kib(gzip)} KiB gzip, and may be ${kib(budget.gzip)}`] : []),
  ];
  if (over.length === 0) return [];
  const grown = Object.entries(partsOf(metafile))
    .map(([part, bytes]) => ({ part, more: bytes - (budget.parts[part] ?? 0) }))
    .filter(({ more }) => more > 0)
    .sort((one, other) => other.more - one.more)
    .slice(0, NAMED)
    .map(({ part, more }) => `${part} +${kib(more)} KiB`);
  return [`${name} is ${over.join('; ')}. Grown most: ${grown.join(', ') || 'nothing'}`];
};

/** How many of those that grew are named. */
const NAMED = 5;

export const kib = (bytes: number): string => (bytes / 1024).toFixed(1);

/** The modules of which anything is left in the bundle, with their bytes there, by their paths from the root. */
const modulesOf = ({ outputs }: Metafile): readonly (readonly [path: string, bytes: number])[] =>
  Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path, { bytesInOutput }]) => [fromRoot(path), bytesInOutput] as const);

const partOf = (path: string): string => {
  const name = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
  if (name !== undefined) return `npm:${name}`;
  return /^(src\/[^/]+)\//.exec(path)?.[1] ?? path;
};

/** Wrangler writes paths as they are from its own folder of work, some of them upwards. */
const fromRoot = (path: string): string => path.replace(/^(?:\.\.\/)+/, '');

/** The shortest way of imports to each module. */
const waysFrom = (entry: string, { inputs }: Metafile): ReadonlyMap<string, readonly string[]> => {
  const ways = new Map<string, readonly string[]>([[entry, [entry]]]);
  const imports = new Map(Object.entries(inputs).map(([path, input]) => [fromRoot(path), input.imports]));
  // What is added while the map is gone through is gone through too.
  for (const [path, way] of ways)
    for (const { path: next, external } of imports.get(path) ?? [])
      if (external !== true && !ways.has(fromRoot(next))) ways.set(fromRoot(next), [...way, fromRoot(next)]);
  return ways;
};

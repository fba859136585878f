import { read } from './project.ts';
import { type Outcome, outcomeOf } from './step.ts';

/** What the lock says of one package. */
export interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export type Packages = Readonly<Record<string, Locked>>;

/** Whose locks these are, by folder: the project's, and what `npm run bench` compares it with. */
export const LOCKS = ['', 'bench/peers/'] as const;

/** Whether `npm ci` will work from these locks on every platform and with every registry. */
export const checkLockfile = (): Outcome =>
  outcomeOf(
    LOCKS.flatMap((folder) =>
      [...missing(lockedPackages(folder)), ...addresses(read(`${folder}package-lock.json`))].map(
        (problem) => `${folder}${problem}`,
      ),
    ),
    `${LOCKS.map((folder) => Object.keys(lockedPackages(folder)).length).join(' and ')} packages`,
  );

/** Every package of a lock by the place where it is installed; '' is the project itself. */
export const lockedPackages = (folder: (typeof LOCKS)[number] = ''): Packages =>
  (JSON.parse(read(`${folder}package-lock.json`)) as { readonly packages: Packages }).packages;

/** npm leaves out the binaries its registry lacks for other platforms, and there `npm ci` then fails. */
export const missing = (packages: Packages): readonly string[] =>
  Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies).flatMap(([name, wanted]) => {
      const found = lookUp(packages, path, name)?.version;
      if (found !== undefined && (found === wanted || !/^\d/.test(wanted))) return [];
      return [`${path || 'the project'} wants ${name}@${wanted}, the lock has ${found ?? 'none'}`];
    }),
  );

/** As Node resolves: from the package's own node_modules outward. */
const lookUp = (packages: Packages, path: string, name: string): Locked | undefined => {
  const found = packages[`${path === '' ? '' : `${path}/`}node_modules/${name}`];
  if (found !== undefined || path === '') return found;
  const outer = path.lastIndexOf('/node_modules/');
  return lookUp(packages, outer < 0 ? '' : path.slice(0, outer), name);
};

/** A lock names no registry: whoever installs has their own. Pages where authors ask for funds are the only URLs. */
export const addresses = (text: string): readonly string[] => {
  const { packages } = JSON.parse(text) as { readonly packages: Packages };
  return Object.entries(packages).flatMap(([path, { resolved, ...rest }]) => [
    ...(resolved === undefined
      ? []
      : [`${path} is "resolved"; .npmrc should have omit-lockfile-registry-resolved=true`]),
    ...strings(rest)
      .filter((value) => /^[a-z+]+:\/\//.test(value))
      .map((value) => `${path} names ${value}`),
  ]);
};

/** Every text within, however deep, but for `funding`. */
const strings = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => (key === 'funding' ? [] : strings(inner)));
};

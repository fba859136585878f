import { LOCKS, type Locked, lockedPackages, type Packages } from './lockfile.ts';
import { read } from './project.ts';
import { type Outcome, outcomeOf } from './step.ts';

/** What of package.json says which packages are installed, and what they may do. */
interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
}

/** Whether what `npm ci` installs is what was looked at, runs nothing by being installed, and may be shipped. */
export const checkPackages = (): Outcome => {
  const problems = LOCKS.flatMap((folder) => {
    const manifest: Manifest = JSON.parse(read(`${folder}package.json`));
    const packages = lockedPackages(folder);
    return [...unsealed(packages), ...scripts(packages, manifest), ...loose(manifest)];
  });
  const shipped = lockedPackages();
  return outcomeOf(
    [...problems, ...licences(shipped)],
    `${Object.values(shipped).filter(isShipped).length - 1} of them shipped`,
  );
};

/** Every package is named by the hash of its bytes: another registry, or another day, gives the same or none. */
export const unsealed = (packages: Packages): readonly string[] =>
  Object.entries(packages)
    .filter(([path, { integrity = '', link }]) => path !== '' && (link || !/^sha512-/.test(integrity)))
    .map(([path, { link }]) => (link ? `${path} is a link` : `${path} has no sha512 integrity`));

/** No package runs anything when it is installed: those that would are listed with `false`, and nobody else is listed. */
export const scripts = (packages: Packages, { allowScripts = {} }: Manifest): readonly string[] => {
  const would = new Set(
    Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
      hasInstallScript ? [nameOf(path)] : [],
    ),
  );
  return [
    ...[...would]
      .filter((name) => !Object.hasOwn(allowScripts, name))
      .map((name) => `${name} has an install script`),
    ...Object.entries(allowScripts).flatMap(([name, allowed]) => [
      ...(allowed ? [`${name} is allowed to run its install script`] : []),
      ...(would.has(name) ? [] : [`${name} is listed in allowScripts and has no install script`]),
    ]),
  ];
};

/** A new version comes by a commit, never by itself. */
export const loose = (manifest: Manifest): readonly string[] => {
  const { dependencies, devDependencies, optionalDependencies, overrides } = manifest;
  return [dependencies, devDependencies, optionalDependencies, overrides].flatMap((wanted = {}) =>
    Object.entries(wanted)
      .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
      .map(([name, version]) => `${name} is wanted as ${version}, which is not one version`),
  );
};

/** What may be in something that we ship under Apache-2.0. */
const SHIPPABLE = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'Unlicense',
  '0BSD',
]);

export const licences = (packages: Packages): readonly string[] =>
  Object.entries(packages)
    .filter(([path, locked]) => path !== '' && isShipped(locked) && !SHIPPABLE.has(locked.license ?? ''))
    .map(([path, { license }]) => `${nameOf(path)} ships under ${license ?? 'no licence'}`);

/** What stands on `dependencies` alone; the rest builds, tests and measures. */
export const isShipped = ({ dev, optional, devOptional }: Locked): boolean =>
  !dev && !optional && !devOptional;

/** `node_modules/a/node_modules/@b/c` is the package `@b/c`. */
export const nameOf = (path: string): string =>
  path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

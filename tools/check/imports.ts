import { posix } from 'node:path';
import { buildSync } from 'esbuild';
import { committedFiles, ROOT, read } from './project.ts';
import { type Import, isKnown, RULES, roomOf } from './rules.ts';
import { type Outcome, outcomeOf } from './step.ts';

/** Paths from the root and the text of each file. */
export type Sources = ReadonlyMap<string, string>;

/** Reads src, emulator and demo and says which imports go against a rule. */
export const checkImports = (): Outcome => {
  const paths = committedFiles().filter((path) => /^(src|emulator|demo)\/.*\.tsx?$/.test(path));
  const sources = new Map(paths.map((path) => [path, read(path)]));
  return outcomeOf([...violations(sources), ...overlooked(sources)], `${paths.length} files`);
};

/** Every violation, one line each: `file → file (rule): what the rule says`. */
export const violations = (sources: Sources): readonly string[] => {
  const imports = [...sources].flatMap(([path, source]) => importsOf(path, source));
  return [
    ...[...sources.keys()]
      .filter((path) => !isKnown(path))
      .map((path) => `${path} (known-rooms): tools/check/rules.ts does not say what it may import`),
    ...imports.flatMap((one) => {
      const rule = RULES.find(({ forbids }) => forbids(one));
      return rule === undefined ? [] : [`${one.from} → ${one.to} (${rule.name}): ${rule.says}`];
    }),
    ...[...sources].flatMap(([path, source]) => namedBindings(path, source)),
    ...circles(imports).map((path) => `${path.join(' → ')} (circle): imports go in one direction`),
  ];
};

/**
 * The imports of one file, types included: `import … from`, `export … from`, `import '…'`, `import('…')`. The source is
 * formatted by Biome, so that a declaration begins its line.
 */
export const importsOf = (from: string, source: string): readonly Import[] =>
  [...source.matchAll(DECLARATION), ...source.matchAll(CALL)].map(({ groups = {} }) => ({
    from,
    to: resolve(from, groups.specifier ?? ''),
    typeOnly: isTypeOnly(groups.clause),
  }));

const DECLARATION =
  /^[ \t]*(?:import|export)\b(?<clause>[^'"`;]*?)(?:\bfrom\s*|(?<=import)\s*)(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>/gm;
const CALL = /\bimport\(\s*(?<quote>['"])(?<specifier>[^'"\n]+)\k<quote>/g;

/** `import type …`, or braces in which every name has its own `type`. */
const isTypeOnly = (clause = ''): boolean => {
  const names = /^\s*\{(?<names>[^}]*)\}\s*$/.exec(clause)?.groups?.names;
  if (names === undefined) return /^\s*type\b(?!\s*,)/.test(clause);
  return names.split(',').every((name) => name.trim() === '' || /^\s*type\s/.test(name));
};

const resolve = (from: string, specifier: string): string => {
  if (specifier === 'latchkey/origin') return 'src/origin/index.ts';
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier);
  return specifier.includes(':') ? specifier : `package:${specifier}`;
};

/** `env.VAULT` and the like, outside the assembly and the Ring. */
const namedBindings = (path: string, source: string): readonly string[] => {
  if (!path.startsWith('src/') || ['assemble', 'ring'].includes(roomOf(path) ?? '')) return [];
  const code = source.replace(COMMENT_OR_STRING, (text) => (text.startsWith('/') ? ' ' : text));
  return [...code.matchAll(/\benv\.[A-Z][A-Z0-9_]*\b/g)].map(
    ([name]) => `${path} → ${name} (bindings): only src/assemble and src/ring name a binding`,
  );
};

const COMMENT_OR_STRING =
  /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|\/\/.*|\/\*[\s\S]*?\*\//g;

/** Each circle once, from its first file back to it. */
const circles = (imports: readonly Import[]): readonly (readonly string[])[] => {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const found: string[][] = [];
  const finished = new Set<string>();
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path]);
    if (start >= 0 || finished.has(path)) return;
    for (const { to } of targets.get(path) ?? []) walk(to, [...trail, path]);
    finished.add(path);
  };
  for (const path of targets.keys()) walk(path, []);
  return found;
};

/** A second pair of eyes: every import that esbuild sees must have been seen here. It sees no types. */
const overlooked = (sources: Sources): readonly string[] => {
  const entryPoints = [...sources.keys()].filter((path) => !path.endsWith('.d.ts'));
  if (entryPoints.length === 0) return [];
  const { metafile } = buildSync({
    absWorkingDir: ROOT,
    entryPoints,
    bundle: true,
    metafile: true,
    write: false,
    outdir: 'dist',
    format: 'esm',
    packages: 'external',
    external: ['cloudflare:*'],
    jsx: 'preserve',
    logLevel: 'silent',
  });
  return Object.entries(metafile.inputs).flatMap(([from, { imports }]) => {
    const source = sources.get(from);
    if (source === undefined) return [];
    const seen = new Set(importsOf(from, source).map(({ to }) => to));
    return imports
      .map(({ path, external }) => (external && !path.includes(':') ? `package:${path}` : path))
      .filter((to) => !seen.has(to))
      .map((to) => `${from} → ${to} (overlooked): tools/check/imports.ts does not see this import`);
  });
};

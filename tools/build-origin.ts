import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT, read, tool } from './check/project.ts';

const HELP = `Makes the package that origins install, of src/origin: ES modules and their types, which depend on jose alone.

  npm run build:origin
  npm run build:origin -- --name @acme/latchkey-origin

  --name    what it is called where you publish it (latchkey-origin)
  --output  the folder that is made anew (dist/origin)

Then: npm publish dist/origin, to a registry of yours; or npm pack dist/origin, and npm install the file.
`;

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      name: { type: 'string', default: 'latchkey-origin' },
      output: { type: 'string', default: 'dist/origin' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const folder = resolve(values.output);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { code, output } = await tool('typescript', 'tsc', '-p', 'src/origin', '--outDir', folder);
  if (code !== 0) {
    console.error(output);
    return 1;
  }
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(values.name), null, 2)}\n`);
  copyFileSync(resolve(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  const readme = read('src/origin/README.md').replaceAll('latchkey-origin', values.name);
  writeFileSync(join(folder, 'README.md'), readme);
  console.log(`${values.name} in ${folder}`);
  return 0;
};

const manifest = (name: string) => {
  const ours = JSON.parse(read('package.json'));
  return {
    ...{ name, version: ours.version, license: ours.license, type: 'module', sideEffects: false },
    description: 'Lets in who comes through Latchkey, and says who it is.',
    engines: { node: '>=20' },
    exports: Object.fromEntries(entries(ours.exports)),
    dependencies: { jose: `^${ours.dependencies.jose}` },
    // For their types: who has none of them installs none of them.
    peerDependencies: { fastify: '^5.0.0', hono: '^4.0.0' },
    peerDependenciesMeta: { fastify: { optional: true }, hono: { optional: true } },
  };
};

/** `./origin/hono` of ours is `./hono` there. */
const entries = (ours: Readonly<Record<string, string>>): readonly (readonly [string, object])[] =>
  Object.entries(ours).flatMap(([name, file]) => {
    const module = /^\.\/src\/origin\/(.*)\.ts$/.exec(file)?.[1];
    if (module === undefined) return [];
    return [[name.replace(/^\.\/origin/, '.'), { types: `./${module}.d.ts`, default: `./${module}.js` }]];
  });

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
  process.exitCode = 2;
}

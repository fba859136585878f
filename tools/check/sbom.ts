import { z } from 'zod';
import { bundle } from '../serve/bundle.ts';
import { lockedPackages } from './lockfile.ts';
import { npm } from './npm.ts';
import { isShipped, nameOf } from './packages.ts';
import { read } from './project.ts';
import { type Outcome, outcomeOf } from './step.ts';

/** Whether all that is in the production bundle is in the bill of materials. */
export const checkSbom = async (): Promise<Outcome> => {
  const { components } = await billOfMaterials();
  const listed = new Set(components.map((component) => component['bom-ref']));
  const strangers = bundledPackages()
    .filter((reference) => !listed.has(reference))
    .map((reference) => `${reference} is in the bundle and not in the bill of materials`);
  return outcomeOf(strangers, `${components.length} components`);
};

/**
 * What ships, in CycloneDX 1.5: the packages that stand on `dependencies`, with their hashes and licences. It is npm's own
 * bill of everything, less what only builds and tests. `npm sbom --omit dev` would leave out a package that something for
 * development wants as well.
 */
export const billOfMaterials = async (): Promise<Bill> => {
  const bill = BILL.parse(await npm(['sbom', '--sbom-format', 'cyclonedx']));
  const { name, version } = JSON.parse(read('package.json'));
  const root = `${name}@${version}`;
  const shipped = new Set([root, ...shippedPackages()]);
  return {
    ...bill,
    // npm names it by the folder in which it happens to be.
    metadata: { ...bill.metadata, component: { ...bill.metadata.component, name } },
    components: bill.components.filter((component) => shipped.has(component['bom-ref'])),
    dependencies: bill.dependencies
      .filter(({ ref }) => shipped.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => shipped.has(each)) })),
  };
};

const COMPONENT = z.looseObject({ 'bom-ref': z.string() });
const BILL = z.looseObject({
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.5'),
  metadata: z.looseObject({ component: COMPONENT }),
  components: z.array(COMPONENT),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()).default([]) })),
});
type Bill = z.infer<typeof BILL>;

const shippedPackages = (): readonly string[] =>
  Object.entries(lockedPackages())
    .filter(([path, locked]) => path !== '' && isShipped(locked))
    .map(([path, { version }]) => `${nameOf(path)}@${version}`);

/** The packages of which something is in the Worker that is deployed, as `name@version`. */
const bundledPackages = (): readonly string[] => {
  const places = Object.keys(bundle('src/worker.ts').metafile.inputs).flatMap(
    (path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? [],
  );
  const packages = lockedPackages();
  return [...new Set(places)].map((place) => `${nameOf(place)}@${packages[place]?.version}`);
};

import { expect, test } from 'vitest';
import { read } from '../../../tools/check/project.ts';
import { billOfMaterials, checkSbom } from '../../../tools/check/sbom.ts';

test('the bill of materials names what ships and nothing else, each with version, hash and licence', async () => {
  const { metadata, components, dependencies } = await billOfMaterials();
  const { dependencies: wanted } = JSON.parse(read('package.json')) as {
    dependencies: Record<string, string>;
  };
  const references = components.map((component) => component['bom-ref']);
  for (const [name, version] of Object.entries(wanted)) expect(references).toContain(`${name}@${version}`);
  expect(
    references.filter((reference) => /^(?:vitest|wrangler|stytch|esbuild|node-linux)/.test(reference)),
  ).toEqual([]);
  for (const component of components)
    expect(component).toMatchObject({
      version: expect.stringMatching(/^\d/),
      hashes: [{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }],
      licenses: [{ license: { id: expect.stringMatching(/./) } }],
    });
  expect(metadata.component).toMatchObject({ name: 'latchkey' });
  const known = new Set([metadata.component['bom-ref'], ...references]);
  for (const { ref, dependsOn } of dependencies)
    expect([ref, ...dependsOn].filter((each) => !known.has(each))).toEqual([]);
}, 60_000);

test('all that is in the bundle is in it', async () => {
  expect(await checkSbom()).toMatchObject({ ok: true });
}, 60_000);

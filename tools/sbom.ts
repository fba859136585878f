import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { billOfMaterials } from './check/sbom.ts';

const HELP = `Writes the bill of materials of what ships: every package in it, with version, hash and licence, in CycloneDX 1.5.

  npm run --silent sbom
  npm run sbom -- --output latchkey.cdx.json
`;

const main = async (): Promise<number> => {
  const { values } = parseArgs({ options: { output: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const bill = await billOfMaterials();
  const text = `${JSON.stringify(bill, null, 2)}\n`;
  if (values.output === undefined) process.stdout.write(text);
  else {
    writeFileSync(values.output, text);
    console.log(`${bill.components.length} components in ${values.output}`);
  }
  return 0;
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
  process.exitCode = 2;
}

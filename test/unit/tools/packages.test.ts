import { describe, expect, test } from 'vitest';
import { licences, loose, scripts, unsealed } from '../../../tools/check/packages.ts';

const SEALED = { version: '1.0.0', integrity: `sha512-${'A'.repeat(86)}==`, license: 'MIT' };

describe('unsealed', () => {
  test.each([
    [{ ...SEALED }, []],
    [{ version: '1.0.0' }, ['node_modules/a has no sha512 integrity']],
    [{ ...SEALED, integrity: 'sha1-AAAA' }, ['node_modules/a has no sha512 integrity']],
    [{ ...SEALED, link: true }, ['node_modules/a is a link']],
  ])('%o', (locked, problems) => {
    expect(unsealed({ '': {}, 'node_modules/a': locked })).toEqual(problems);
  });
});

describe('scripts', () => {
  const packages = {
    'node_modules/a': SEALED,
    'node_modules/a/node_modules/@b/c': { ...SEALED, hasInstallScript: true },
  };

  test.each([
    [{ '@b/c': false }, []],
    [{}, ['@b/c has an install script']],
    [{ '@b/c': true }, ['@b/c is allowed to run its install script']],
    [{ '@b/c': false, a: false }, ['a is listed in allowScripts and has no install script']],
  ])('%o', (allowScripts, problems) => {
    expect(scripts(packages, { allowScripts })).toEqual(problems);
  });
});

describe('loose', () => {
  test.each(['^1.2.3', '~1.2.3', '*', 'latest', '1.2', '>=1', 'github:a/b', 'file:../a', 'npm:b@1.2.3'])(
    '%s is not one version',
    (version) => {
      for (const where of ['dependencies', 'devDependencies', 'optionalDependencies', 'overrides'])
        expect(loose({ [where]: { a: version } })).toEqual([
          `a is wanted as ${version}, which is not one version`,
        ]);
    },
  );

  test('1.2.3 is', () => {
    expect(loose({ dependencies: { a: '1.2.3' } })).toEqual([]);
  });
});

describe('licences', () => {
  test.each([
    [{ ...SEALED, license: 'GPL-3.0' }, ['a ships under GPL-3.0']],
    [{ version: '1.0.0' }, ['a ships under no licence']],
    [{ ...SEALED, license: 'GPL-3.0', dev: true }, []],
    [SEALED, []],
  ])('%o', (locked, problems) => {
    expect(licences({ '': { license: 'GPL-3.0' }, 'node_modules/a': locked })).toEqual(problems);
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { missingPackages, type Need } from '../../test/packages.ts';

/** npm writes it when it has installed all. */
const DONE = join(import.meta.dirname, 'node_modules/.package-lock.json');
const LOCK = join(import.meta.dirname, 'package-lock.json');

/**
 * Installs the packages that peers are made of, which the project itself does not need, unless they are there. They run
 * nothing when they are installed. What is in the way is the answer; null for nothing.
 */
export const installPackages = (tell: (line: string) => void): string | null => {
  if (existsSync(DONE) && statSync(DONE).mtimeMs >= statSync(LOCK).mtimeMs) return null;
  tell('installing the packages of the peers (npm ci in bench/peers)');
  const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  return status === 0 ? null : `npm ci in bench/peers: ${beginning(stderr)}`;
};

/** The same for packages of Debian, where we may install them. */
export const installProgram =
  (need: Need) =>
  (tell: (line: string) => void): string | null => {
    const missing = missingPackages(need).join(', ');
    if (missing === '') return null;
    const script = 'test/install-packages.sh';
    if (process.getuid?.() !== 0) return `it wants ${missing}: ${script} ${need}`;
    tell(`installing ${missing}`);
    spawnSync(join(import.meta.dirname, '../..', script), [need], { stdio: 'ignore' });
    return missingPackages(need).length === 0 ? null : `${script} ${need} did not install ${missing}`;
  };

/** npm says first what is wrong, and last where its log is. */
const beginning = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(/^npm error\s*/, ''))
    .filter((line) => line !== '')
    .slice(0, 2)
    .join(', ');

import { git, ROOT } from './project.ts';
import { secretsIn } from './secrets.ts';
import { type Outcome, outcomeOf } from './step.ts';

/**
 * Looks for secrets in every version of every file that was ever committed: what is deleted is still there for whoever
 * clones. A shallow clone is looked at as far as it goes.
 */
export const checkHistory = (folder = ROOT): Outcome => {
  const named = git(['rev-list', '--all', '--objects'], folder).toString().trim().split('\n').map(objectOf);
  const paths = new Map(named.filter(({ path }) => path !== '').map(({ id, path }) => [id, path]));
  const versions = blobs(folder, [...paths.keys()]);
  const problems = versions.flatMap(({ id, text }) =>
    secretsIn(text).map(({ what }) => `${paths.get(id)} held ${what} (git show ${id.slice(0, 12)})`),
  );
  return outcomeOf(problems, `${versions.length} versions of files`);
};

const objectOf = (line: string): { readonly id: string; readonly path: string } => {
  const [id = '', ...path] = line.split(' ');
  return { id, path: path.join(' ') };
};

/** The texts among these objects; folders and binary files are none. `git cat-file --batch` answers in the order asked. */
const blobs = (
  folder: string,
  ids: readonly string[],
): readonly { readonly id: string; readonly text: string }[] => {
  const answer = git(['cat-file', '--batch'], folder, ids.join('\n'));
  const found: { id: string; text: string }[] = [];
  for (let at = 0; at < answer.length; ) {
    const end = answer.indexOf('\n', at);
    const [id = '', type, size] = answer.subarray(at, end).toString().split(' ');
    const bytes = answer.subarray(end + 1, end + 1 + Number(size));
    at = end + 1 + bytes.length + 1;
    if (type === 'blob' && !bytes.includes(0)) found.push({ id, text: bytes.toString() });
  }
  return found;
};

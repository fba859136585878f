import { readdirSync, statSync } from 'node:fs';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import { readMarked } from '../../src/ring/mark.ts';
import { sleep } from '../../src/runtime.ts';
import { createStytch } from '../../src/stytch/client.ts';
import type { World } from '../command.ts';
import { configOf, type Project } from '../project.ts';
import { readTextFile } from '../read-file.ts';
import { readSecrets, secretsPath } from '../secrets-file.ts';

/** Of users, members and organisations, as Stytch gives them: what a file can be called. */
const OWNER_ID = /^(?:user|member|organization)-[A-Za-z0-9-]{1,120}$/;

/** Clients of one page, the longest that Stytch gives. */
const PAGE = 250;

/**
 * Whose clients Stytch has, by their trusted metadata: every owner of a living key, for all of those are there. Durable
 * Objects cannot be listed by name, so who has none left is found in no other place than a list of the operator's own.
 */
export const ownersAtStytch = async (
  project: Project,
  { folder, env, terminal }: Pick<World, 'folder' | 'env' | 'terminal'>,
): Promise<Result<readonly string[], string>> => {
  const read = configOf(project);
  if (!read.ok) return err(read.problems.join('\n'));
  const secret = secretOf(folder, env, project.environment);
  if (!secret.ok) return secret;
  const { projectId, vertical, ownerClaim, apiUrl } = read.config.stytch;
  const stytch = createStytch(
    { baseUrl: apiUrl, projectId, vertical, projectSecret: secret.value },
    { fetch: (url, init) => fetch(url, init), sleep, random: Math.random },
  );
  const owners = new Set<string>();
  let clients = 0;
  for (let cursor: string | null = null; ; ) {
    const page = await stytch.searchClients({ cursor, limit: PAGE });
    if (page.outcome !== 'answered')
      return err(
        `Stytch does not tell its clients: ${page.outcome === 'declined' ? page.code : `no answer that is one, ${page.detail}`}`,
      );
    for (const client of page.value.clients) {
      const { ownerId } = readMarked(client, ownerClaim);
      if (ownerId !== null && OWNER_ID.test(ownerId)) owners.add(ownerId);
    }
    clients += page.value.clients.length;
    cursor = page.value.nextCursor;
    if (cursor === null) return ok([...owners]);
    terminal.tell(`${clients} clients at Stytch so far, of ${owners.size} owners.`);
  }
};

const secretOf = (folder: string, env: World['env'], environment: string | null): Result<string, string> => {
  const kept = readSecrets(secretsPath(folder, environment));
  if (!kept.ok) return kept;
  // An empty one is none.
  const found = env.STYTCH_SECRET || kept.value?.STYTCH_SECRET || '';
  return found === '' ? err('Set STYTCH_SECRET, or let latchkey init keep it.') : ok(found);
};

/** Owners that the operator names: a file with an id in each line, or the folder of an earlier backup. */
export const ownersNamed = (path: string): Result<readonly string[], string> => {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder) return ok(ownersIn(path));
  const text = readTextFile(path);
  if (!text.ok) return text;
  const lines = text.value.split('\n').map((line) => line.trim());
  const wrong = lines.findIndex((line) => line !== '' && !OWNER_ID.test(line));
  return wrong < 0
    ? ok(lines.filter((line) => line !== ''))
    : err(`${path}, line ${wrong + 1}: is no id that Stytch gives: user-…, member-… or organization-…`);
};

/** The owners whose exports are in a folder. */
export const ownersIn = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson'))
    .map((name) => name.slice(0, -'.ndjson'.length))
    .filter((id) => OWNER_ID.test(id))
    .sort();

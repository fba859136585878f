import { err, ok, type Result } from '../../src/model/refusal.ts';
import { type Answer, type Ask, createAsk } from './ask.ts';
import type { Check, Finding, Need, Place } from './check.ts';
import { CACHES } from './checks/caches.ts';
import { CORS } from './checks/cors.ts';
import { CREDENTIALS } from './checks/credentials.ts';
import { DESK } from './checks/desk.ts';
import { HEADERS } from './checks/headers.ts';
import { HOSTS } from './checks/hosts.ts';
import { METHODS } from './checks/methods.ts';
import { ORIGIN } from './checks/origin.ts';
import { PATHS } from './checks/paths.ts';
import { TLS } from './checks/tls.ts';
import type { Options } from './options.ts';

/** In the order of the report. What takes much comes last: it leaves nothing for the others. */
export const CHECKS: readonly Check[] = [
  ...[...PATHS, ...CREDENTIALS, ...HEADERS, ...HOSTS, ...METHODS],
  ...[...CACHES, ...CORS, ...DESK, ...TLS, ...ORIGIN],
];

/** What became of a check. */
export interface Outcome {
  readonly id: string;
  readonly api: string;
  readonly verdict: 'ok' | 'FAIL' | 'not made';
  readonly says: string;
  readonly row: string;
  /** Of a failure: each answer that was not right. */
  readonly wrong: readonly { readonly sent: string; readonly came: string; readonly problem: string }[];
  /** Of a failure. */
  readonly advice: string | null;
  /** Why a check was not made, or what is worth a word. */
  readonly note: string | null;
}

/** Makes every check that can be made, at each API; `told` gets each outcome as it comes. An error is why nothing could be. */
export const probe = async (
  options: Options,
  told: (outcome: Outcome) => void,
): Promise<Result<readonly Outcome[], string>> => {
  const checks = CHECKS.filter(({ id }) => isWanted(id, options.only));
  if (checks.length === 0) return err(`There is no check ${options.only}.`);
  const ask = createAsk(options.key, options.apis);
  const outcomes: Outcome[] = [];
  for (const api of options.apis) {
    const found = await placeOf(api, options, ask);
    if (!found.ok) return found;
    for (const check of checks) {
      const outcome = await outcomeOf(check, found.value);
      outcomes.push(outcome);
      told(outcome);
    }
  }
  return ok(outcomes);
};

const isWanted = (id: string, only: string | null): boolean =>
  only === null || id === only || id.startsWith(`${only}.`);

/** Paths that APIs have, for who names none. */
const USUAL = [
  '/v1/items/1',
  '/v1/me',
  '/v1',
  '/api',
  '/api/v1',
  '/v1/probe',
  '/api/v1/probe',
  '/probe',
  '/',
];

const placeOf = async (api: URL, options: Options, ask: Ask): Promise<Result<Place, string>> => {
  const path = await guarded(api, options.path === null ? USUAL : [options.path], ask);
  if (!path.ok) return path;
  const desk = options.desk ?? (await deskOf(api, path.value.answer, ask));
  const { open, origin, elsewhere, key, yes } = options;
  return ok({
    ...{ ask, api, desk, open, origin, elsewhere, path: path.value.path },
    ...{ hasKey: key !== null, mayAskMuch: yes },
  });
};

/** The first of these that asks for a credential. */
const guarded = async (
  api: URL,
  paths: readonly string[],
  ask: Ask,
): Promise<Result<{ readonly path: string; readonly answer: Answer }, string>> => {
  for (const path of paths) {
    const answer = await ask(api, { target: path });
    if (answer.status === null) return err(`${api.origin} does not answer: ${answer.came}.`);
    if (answer.status === 401) return ok({ path, answer });
    if (paths.length === 1)
      return err(
        `${path} at ${api.origin} is answered ${answer.came}, not 401: name one that asks for a credential.`,
      );
  }
  return err(`No path that was tried at ${api.origin} asks for a credential. Say --path.`);
};

/** RFC 9728 §5.1: the challenge says where the metadata is, and that who lets in. */
const deskOf = async (api: URL, answer: Answer, ask: Ask): Promise<URL | null> => {
  const url = /resource_metadata="([^"]*)"/.exec(answer.header('www-authenticate') ?? '')?.[1] ?? '';
  const place = URL.canParse(url) ? new URL(url) : new URL('/.well-known/oauth-protected-resource', api);
  if (place.origin !== api.origin) return null;
  const { json } = await ask(api, { target: `${place.pathname}${place.search}` });
  const [desk] = Array.isArray(json?.authorization_servers) ? json.authorization_servers : [];
  return typeof desk === 'string' && URL.canParse(desk) ? new URL(desk) : null;
};

const GIVEN: Readonly<Record<Need, (place: Place) => boolean>> = {
  'a key': ({ hasKey }) => hasKey,
  'the Desk': ({ desk }) => desk !== null,
  '--origin': ({ origin }) => origin !== null,
  '--elsewhere': ({ elsewhere }) => elsewhere !== null,
  '--yes': ({ mayAskMuch }) => mayAskMuch,
  https: ({ api }) => api.protocol === 'https:',
};

/** Makes one check, if it can be made there. */
export const outcomeOf = async (check: Check, place: Place): Promise<Outcome> => {
  const { id, says, row, advice } = check;
  const said = { id, api: place.api.origin, says, row };
  const missing = (check.needs ?? []).filter((need) => !GIVEN[need](place));
  if (missing.length > 0)
    return { ...said, verdict: 'not made', wrong: [], advice: null, note: `needs ${missing.join(', ')}` };
  const findings = await check.run(place);
  const wrong = findings.flatMap(({ answer: { sent, came }, problem }) =>
    problem === null ? [] : [{ sent, came, problem }],
  );
  if (wrong.length > 0) return { ...said, verdict: 'FAIL', wrong, advice, note: null };
  const unseen = findings.find((finding) => finding.unseen !== undefined)?.unseen;
  if (unseen !== undefined) return { ...said, verdict: 'not made', wrong, advice: null, note: unseen };
  return { ...said, verdict: 'ok', wrong, advice: null, note: notesOf(findings) };
};

const notesOf = (findings: readonly Finding[]): string | null => {
  const notes = findings.flatMap(({ note }) => (note === undefined ? [] : [note]));
  if (notes.length === 0) return null;
  return [...new Set(notes)]
    .map((note) => `${notes.filter((one) => one === note).length} of ${findings.length}: ${note}`)
    .join('; ');
};

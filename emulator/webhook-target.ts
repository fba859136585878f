import { isCount, type JsonObject } from './json.ts';
import type { Project } from './project.ts';
import { readSetting, writeSetting } from './settings.ts';
import { isSecret } from './svix.ts';

/** Where events go, what signs them, and how long is waited before each further try. */
export type Target = { readonly url: string; readonly secret: string; readonly retriesMs: readonly number[] };

/** Svix tries again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h; nobody waits that long for a test. */
const RETRIES_MS = [100, 1_000, 5_000];

/** What the side door said last, or the variables; null when events go nowhere. */
export const readTarget = (project: Project): Target | null => {
  const { webhookUrl: url, webhookSecret: secret } = project;
  const target = readSetting<Target>(project, 'webhooks', { url, secret, retriesMs: RETRIES_MS });
  return target.url === '' ? null : target;
};

/** Sends events elsewhere from now on, or nowhere; the answer says what is wrong with the wish, or is null. */
export const writeTarget = (project: Project, wanted: JsonObject): string | null => {
  const { url, secret = project.webhookSecret, retriesMs = RETRIES_MS } = wanted;
  if (url !== null && !(typeof url === 'string' && isHttp(url))) return 'url must be an http URL, or null';
  if (typeof secret !== 'string' || !isSecret(secret)) return 'secret must be whsec_ and base64';
  if (!Array.isArray(retriesMs) || !retriesMs.every(isCount)) return 'retriesMs must be an array of numbers';
  writeSetting(project, 'webhooks', { url: url ?? '', secret, retriesMs });
  return null;
};

const isHttp = (url: string): boolean => /^https?:$/.test(URL.parse(url)?.protocol ?? '');

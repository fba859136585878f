import { listDurableObjectIds, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { EVENTS, FIELDS } from '../tools/docs/fields.ts';
import { secretsIn } from './spellings.ts';
import { rooms } from './world.ts';

/**
 * The eavesdropper of every test in workerd: it listens to all that the Worker logs, remembers each secret that
 * goes by, and when a file is done searches the log, KV, every Ring and every Lobby for them, however they are spelled.
 */
const secrets = new Set<string>();
const lines: string[] = [];

/** Tells the eavesdropper of a secret that is in use. */
export const inUse = (text: string): void => {
  for (const part of partsOf(text)) secrets.add(part);
};

/** A key is its parts, of which its id alone is public. A JWT is a secret as long as its signature is there. */
export const partsOf = (text: string): readonly string[] => {
  const tail = /^[a-z]+_test_[^_]+_([^_]+)/.exec(text)?.[1];
  const signature = text.startsWith('eyJ') ? text.split('.')[2] : undefined;
  return [text, ...(tail === undefined ? [] : [tail.slice(0, 44), tail]), ...(signature ? [signature] : [])];
};

/** How many lines were logged so far in this file, and those that came after so many. */
export const lineCount = (): number => lines.length;
export const linesAfter = (count: number): readonly string[] => lines.slice(count);

/** Every line that was logged so far in this file, parsed. */
export const logged = (): readonly Readonly<Record<string, unknown>>[] =>
  lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));

beforeAll(() => {
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation(
      (...parts: unknown[]) => void lines.push(parts.map(String).join(' ')),
    );
  }
  const real = globalThis.fetch;
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const response = await real(input, init);
    if (/\/oauth2\/token|\/sessions\/authenticate/.test(String(input)) && response.ok) {
      const text = await response.clone().text();
      for (const [, token = ''] of text.matchAll(/"(?:access_token|session_token|session_jwt)":"([^"]+)"/g))
        inUse(token);
    }
    return response;
  });
  const variables = env as unknown as Record<string, string>;
  inUse(variables.STYTCH_SECRET ?? '');
  for (const { key } of JSON.parse(variables.LATCHKEY_MASTER_KEYS ?? '[]')) inUse(key);
  for (const { d } of JSON.parse(variables.ASSERTION_JWKS ?? '{}').keys) inUse(d);
});

afterAll(async () => {
  const sinks = {
    log: lines.join('\n'),
    KV: await dumpOfKv(),
    Rings: await dumpOfAll(rooms.KEY_RING),
    Lobbies: await dumpOfAll(rooms.LOBBY),
  };
  for (const [sink, text] of Object.entries(sinks)) {
    expect(secretsIn(text, secrets), `secrets found in ${sink}`).toEqual([]);
  }
  expect(strangeIn(logged()), 'fields or events that docs/fields.md has not').toEqual([]);
  // A file of hundreds of Rings takes a while.
}, 120_000);

/** What lines of the log have that nobody reads about. */
const strangeIn = (all: readonly Readonly<Record<string, unknown>>[]): readonly string[] => [
  ...new Set(
    all
      .filter(({ event }) => event !== undefined)
      .flatMap((line) => [
        ...Object.keys(line).filter((field) => !Object.hasOwn(FIELDS, field)),
        ...(Object.hasOwn(EVENTS, String(line.event)) ? [] : [`event: ${line.event}`]),
      ]),
  ),
];

/** Everything that KV holds: names, values. */
export const dumpOfKv = async (): Promise<string> => {
  const { keys } = await rooms.VAULT.list();
  const values = await Promise.all(keys.map(async ({ name }) => `${name} = ${await rooms.VAULT.get(name)}`));
  return values.join('\n');
};

/** Every row of every table of every Ring, or of every Lobby. */
export const dumpOfAll = async (namespace: DurableObjectNamespace): Promise<string> => {
  const ids = await listDurableObjectIds(namespace);
  const dumps = await Promise.all(
    ids.map((id) =>
      runInDurableObject(namespace.get(id), (_instance, state) => {
        const tables = state.storage.sql
          .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
          .toArray();
        return tables.map(({ name }) =>
          JSON.stringify(state.storage.sql.exec(`SELECT * FROM "${name}"`).toArray()),
        );
      }),
    ),
  );
  return dumps.flat().join('\n');
};

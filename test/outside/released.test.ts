import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readReleased } from '../../tools/released.ts';
import { type ServiceOptions, serve } from '../../tools/serve/index.ts';
import { freshSecrets } from '../../tools/serve/secrets.ts';
import { stytchEmulator } from './edge.ts';
import { askAt } from './released/desk.ts';
import { find } from './released/find.ts';
import { api, type Key, type Left, leave } from './released/leave.ts';
import { type Stytch, stytchAt } from './released/stytch.ts';

/** The version before, and this one. */
const VERSIONS = { before: readReleased().script, now: inject('bundles').underTest };
type Version = keyof typeof VERSIONS;

let emulator: Awaited<ReturnType<typeof serve>>;
let stytch: Stytch;
let origin: Server;
const secrets = freshSecrets();

beforeAll(async () => {
  origin = createServer((_request, response) => response.end('ok'));
  await new Promise<void>((listening) => origin.listen(0, '127.0.0.1', listening));
  emulator = await serve({ services: [stytchEmulator()] });
  stytch = stytchAt(emulator.port('stytch'));
});

afterAll(async () => {
  await emulator?.stop();
  origin?.close();
});

const edgeOf = (version: Version, name: string = version): ServiceOptions => ({
  name,
  script: VERSIONS[version],
  kv: ['VAULT'],
  durableObjects: [
    { binding: 'KEY_RING', className: 'KeyRing' },
    { binding: 'LOBBY', className: 'Lobby' },
  ],
  rateLimits: [{ binding: 'STRANGERS', limit: 1_000_000_000, periodSeconds: 60 }],
  bindings: {
    ...secrets,
    STYTCH_PROJECT_ID: inject('emulatorBindings').PROJECT_ID ?? '',
    STYTCH_SECRET: inject('emulatorBindings').PROJECT_SECRET ?? '',
    STYTCH_API_URL: `http://127.0.0.1:${emulator.port('stytch')}`,
    ORIGIN_URL: `http://127.0.0.1:${(origin.address() as AddressInfo).port}`,
  },
  socket: 0,
});

/** Keys that ended under whatever version are dead under every other. */
const expectDead = async (port: number, keys: readonly Key[]): Promise<void> => {
  for (const { key } of keys) expect((await api(askAt(port), key, '/v1/strict/x')).status).toBe(401);
};

const endedOf = ({ used, unused, revoked }: Left): readonly Key[] => [used, unused, revoked];

interface Place {
  readonly first: Version;
  readonly folder: string;
  readonly statement: string;
}

/**
 * A token is kept in two places: without one of them, the other version has to read the other. And who comes first makes
 * tables and the copy of the signing keys, which the other opens: so both do, each once.
 */
const PLACES: Readonly<Record<string, Place>> = {
  "the Rings' tokens": { first: 'before', folder: 'KeyRing', statement: 'DELETE FROM tokens' },
  'the Vault': { first: 'now', folder: 'kv-VAULT', statement: "DELETE FROM entries WHERE key LIKE 't1.%'" },
};

/** Empties a place while nobody is there; how many rows were in it. */
const lose = (state: string, { folder, statement }: Place): number => {
  const files = readdirSync(join(state, folder)).filter((name) => /^[0-9a-f]+\.sqlite$/.test(name));
  return files.reduce((lost, name) => {
    const database = new DatabaseSync(join(state, folder, name));
    try {
      return lost + Number(database.prepare(statement).run().changes);
    } finally {
      database.close();
    }
  }, 0);
};

describe('two versions, one after the other over the same state', () => {
  it.each(Object.entries(PLACES))(
    'each finds what the other left, there and back, with %s lost',
    async (_, place) => {
      const state = mkdtempSync(join(tmpdir(), 'latchkey-released-'));
      const ended: Key[] = [];
      let left: Left | null = null;
      try {
        for (const version of [place.first, place.first === 'now' ? 'before' : 'now', place.first] as const) {
          if (left !== null) expect(lose(state, place)).toBeGreaterThan(0);
          await using server = await serve({ services: [edgeOf(version)], state });
          const port = server.port(version);
          if (left !== null) {
            await find(askAt(port), stytch, left);
            ended.push(...endedOf(left));
          }
          await expectDead(port, ended);
          left = await leave(askAt(port), stytch);
        }
      } finally {
        rmSync(state, { recursive: true, force: true });
      }
    },
  );
});

describe('two versions at a time, as during a gradual deployment', () => {
  it.each([
    ['before', 'now'],
    ['now', 'before'],
  ] as const)('the Rings and Lobbies of version %s serve the Gates and Desks of both', async (its, other) => {
    await using server = await serve({
      services: [edgeOf(its), { ...edgeOf(other), shareDurableObjectsOf: its }],
    });
    const asks = { [its]: askAt(server.port(its)), [other]: askAt(server.port(other)) } as Record<
      Version,
      ReturnType<typeof askAt>
    >;
    for (const [first, second] of [
      [its, other],
      [other, its],
    ] as const) {
      const left = await leave(asks[first], stytch);
      await find(asks[second], stytch, left);
      await expectDead(server.port(second), endedOf(left));
    }
  });
});

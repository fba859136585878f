import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { inject } from 'vitest';
import type { Finding } from '../../../cli/doctor/finding.ts';
import { secretsPath } from '../../../cli/secrets-file.ts';
import type { Wrangler } from '../../../cli/wrangler.ts';
import { type Answer, ask, bearer, textOf } from '../../../demo/http.ts';
import { answer, createVerifier } from '../../../src/origin/index.ts';
import { freePort } from '../../../tools/dev/ports.ts';
import { type Server, serve } from '../../../tools/serve/index.ts';
import { freshSecrets } from '../../../tools/serve/secrets.ts';
import { type BreakingProxy, startBreakingProxy } from '../breaking-proxy.ts';
import { stytchEmulator } from '../edge.ts';
import { callLatchkey } from './recorder.ts';
import { latchkeyAt, newUser } from './stage.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

/** Names of secrets that Cloudflare holds of a deployment that is right. */
const HELD = ['STYTCH_SECRET', 'LATCHKEY_MASTER_KEYS', 'ASSERTION_JWKS', 'STYTCH_WEBHOOK_SECRET'];

/** What of a deployment is as it should be until somebody changes one thing. */
export interface Health {
  /** Text of latchkey.config.ts. */
  readonly settings: string;
  /** Text of wrangler.toml. */
  readonly deployment: string;
  /** Of the top level's file; a text is written as it is. */
  readonly secrets: Readonly<Record<string, string>> | string;
  readonly mode: number;
  /** Other files, by their path in the folder. */
  readonly more: Readonly<Record<string, string>>;
  readonly held: readonly string[];
  /** Bindings of the Worker that are not as they should be; a Worker of its own is started for them. */
  readonly worker: Readonly<Record<string, string>>;
  /** Answers whoever comes. */
  readonly isOriginOpen: boolean;
  readonly args: readonly string[];
}

/** A whole deployment on this machine, and the operator's folder. */
export interface Patient {
  readonly well: Health;
  readonly stytch: string;
  readonly proxy: BreakingProxy;
  readonly folder: string;
  readonly wrangler: Wrangler;
  /** Every call of wrangler's. */
  readonly calls: readonly (readonly string[])[];
  /** Writes the operator's folder, with one thing changed. */
  readonly lay: (change?: Partial<Health>) => void;
  /** Has the doctor look at all of it, with one thing changed. */
  readonly examine: (
    change?: Partial<Health>,
  ) => Promise<{ readonly code: number; readonly findings: readonly Finding[]; readonly written: string }>;
  /** Stytch's side door. */
  readonly emulator: (path: string, body: object, method?: string) => Promise<Answer>;
  /** Clients that are at Stytch. */
  readonly clientIds: () => Promise<readonly string[]>;
  /** Takes back what was planted at Stytch and on the way to the Worker. */
  readonly cure: () => Promise<void>;
  /** A key that may read items. */
  readonly newKey: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

export const startPatient = async (): Promise<Patient> => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-doctor-'));
  const state = { isOriginOpen: false, held: HELD as readonly string[] };
  const stytch = await serve({ services: [stytchEmulator()] });
  const [port, own] = [await freePort(), freshSecrets()];
  const proxy = await startBreakingProxy(port);
  const origin = await startOrigin(`http://localhost:${port}`, () => state.isOriginOpen);
  const secrets = { ...own, STYTCH_SECRET: inject('emulatorBindings').PROJECT_SECRET ?? '' };
  const worker = await serve({ services: [latchkeyAt(port, stytch.port('stytch'), own, origin.url)] });
  const calls: (readonly string[])[] = [];
  const wrangler: Wrangler = async (args) => {
    calls.push(args);
    const listed = state.held.map((name) => ({ name, type: 'secret_text' }));
    return { code: 0, stdout: JSON.stringify(listed), stderr: '' };
  };
  const hostsAt = (at: number) => ({ API_HOSTS: `127.0.0.1:${at}`, DESK_HOST: `localhost:${at}` });
  const deploymentAt = (at: number): string =>
    deploymentText({
      ...hostsAt(at),
      STYTCH_PROJECT_ID: inject('emulatorBindings').PROJECT_ID ?? '',
      STYTCH_API_URL: `http://127.0.0.1:${stytch.port('stytch')}`,
      ORIGIN_URL: origin.url,
    });
  const well: Health = {
    settings: `export { default } from ${JSON.stringify(join(ROOT, 'latchkey.config.ts'))};\n`,
    deployment: deploymentAt(proxy.port),
    ...{ secrets, mode: 0o600, more: {}, held: HELD, worker: {}, isOriginOpen: false, args: [] },
  };

  const startSick = async (bindings: Health['worker']): Promise<readonly [number, Server]> => {
    const at = await freePort();
    const service = latchkeyAt(at, stytch.port('stytch'), own, origin.url);
    return [at, await serve({ services: [{ ...service, bindings: { ...service.bindings, ...bindings } }] })];
  };

  const lay: Patient['lay'] = (change = {}) => {
    const health = { ...well, ...change };
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(folder, '.latchkey'), { recursive: true });
    const path = secretsPath(folder, null);
    const texts = {
      'latchkey.config.ts': health.settings,
      'wrangler.toml': health.deployment,
      ...health.more,
    };
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
    writeFileSync(path, typeof health.secrets === 'string' ? health.secrets : JSON.stringify(health.secrets));
    chmodSync(path, health.mode);
  };

  const examine: Patient['examine'] = async (change = {}) => {
    const health = { ...well, ...change };
    state.isOriginOpen = health.isOriginOpen;
    state.held = health.held;
    const sick = Object.keys(health.worker).length === 0 ? null : await startSick(health.worker);
    lay(sick === null ? health : { ...health, deployment: deploymentAt(sick[0]) });
    const args = ['doctor', '--env', '', '--json', ...health.args];
    const { code, said, told } = await callLatchkey(args, { folder, wrangler });
    await sick?.[1].stop();
    return { code, findings: JSON.parse(said).findings, written: `${said}\n${told}` };
  };

  const url = `http://127.0.0.1:${stytch.port('stytch')}`;
  const emulator: Patient['emulator'] = (path, body, method = 'POST') =>
    ask(`${url}/_emulator/${path}`, { method, body });
  return {
    ...{ well, proxy, folder, wrangler, calls, lay, examine },
    ...{ stytch: url, emulator, clientIds: () => clientIdsAt(url) },
    cure: async () => {
      proxy.break({});
      await emulator('reset', {});
    },
    newKey: async () => {
      const { session } = await newUser(url);
      const body = { name: 'doctor', scopes: ['items:read'] };
      const { json } = await ask(`http://localhost:${port}/v1/keys`, { headers: bearer(session), body });
      return textOf(json, 'key');
    },
    stop: async () => {
      await Promise.all([worker.stop(), stytch.stop(), proxy.stop(), origin.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const clientIdsAt = async (stytch: string): Promise<readonly string[]> => {
  const { PROJECT_ID, PROJECT_SECRET } = inject('emulatorBindings');
  const { json } = await ask(`${stytch}/v1/m2m/clients/search`, {
    headers: { Authorization: `Basic ${btoa(`${PROJECT_ID}:${PROJECT_SECRET}`)}` },
    body: {},
  });
  const { m2m_clients: clients } = json as { m2m_clients: readonly { client_id: string }[] };
  return clients.map(({ client_id }) => client_id);
};

/** The repository's own top level with other variables. */
const deploymentText = (variables: Readonly<Record<string, string>>): string => {
  const [top = ''] = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8').split(/^\[env\./m);
  const lines = Object.entries(variables).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
  return top
    .replace(/^\[vars\]\n(?:.+\n)*/m, `[vars]\n${lines.join('')}`)
    .replace('0'.repeat(32), 'a'.repeat(32));
};

/** An origin that believes the edge alone, unless it is open. */
const startOrigin = async (desk: string, isOpen: () => boolean) => {
  const verify = createVerifier({
    ...{ jwksUrl: `${desk}/.well-known/jwks.json`, issuer: desk, audience: 'acme-api' },
  });
  const server = createServer((request, response) => {
    const { method = '', url = '' } = request;
    verify(request.headersDistinct, { method, url }).then((verified) => {
      if (verified.ok || isOpen()) return response.writeHead(200).end('served');
      const { status, headers, body } = answer(verified);
      return response.writeHead(status, headers).end(body);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
};

import { resolve } from 'node:path';
import { isAddressRange } from '../../src/model/address.ts';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import { readArgs } from '../args.ts';
import { environmentOf } from '../project.ts';
import { secretsPath } from '../secrets-file.ts';

/** What a server is told on its command line. Nothing of it is a secret. */
export interface ServeOptions {
  readonly environment: string | null;
  readonly listen: Listen;
  readonly state: string;
  readonly secretsFile: { readonly path: string; readonly isNamed: boolean };
  readonly tls: { readonly certificate: string; readonly key: string } | null;
  /** Ranges of addresses; null: there is no proxy before us. */
  readonly proxies: readonly string[] | null;
  readonly authorities: readonly string[];
  readonly drainSeconds: number;
  readonly checkOnly: boolean;
  readonly json: boolean;
}

/** An address of this machine, and a port; 0 is any free one. */
export interface Listen {
  readonly host: string;
  readonly port: number;
  /** Both, as they were written. */
  readonly text: string;
}

export const DEFAULTS = { listen: '127.0.0.1:8787', state: '.latchkey/served', drain: '30' } as const;

const OPTIONS = {
  listen: { type: 'string', default: DEFAULTS.listen },
  state: { type: 'string', default: DEFAULTS.state },
  drain: { type: 'string', default: DEFAULTS.drain },
  secrets: { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  proxy: { type: 'string', multiple: true },
  ca: { type: 'string', multiple: true },
  env: { type: 'string' },
  check: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** Reads the arguments; relative paths are the folder's. */
export const readOptions = (args: readonly string[], folder: string): Result<ServeOptions, string> => {
  const read = readArgs(args, OPTIONS);
  if (!read.ok) return read;
  const { values } = read.value;
  const listen = readListen(values.listen);
  if (listen === null) return err('--listen must be an address and a port: 127.0.0.1:8787, [::]:443.');
  const drainSeconds = /^\d{1,4}$/.test(values.drain) ? Number(values.drain) : null;
  if (drainSeconds === null) return err('--drain must be a number of seconds.');
  const proxies = values.proxy?.flatMap((text) => text.split(',').map((each) => each.trim())) ?? null;
  const notOne = proxies?.find((text) => !isAddressRange(text));
  if (notOne !== undefined)
    return err(`--proxy: ${JSON.stringify(notOne)} is no address and no range of them.`);
  const { 'tls-cert': certificate, 'tls-key': key, json, check: checkOnly } = values;
  if ((certificate === undefined) !== (key === undefined))
    return err('--tls-cert and --tls-key belong together.');
  if (json && !checkOnly) return err('--json is for --check: what a server writes is its log.');
  const at = (path: string): string => resolve(folder, path);
  const environment = environmentOf(values.env);
  return ok({
    ...{ environment, listen, proxies, drainSeconds, checkOnly, json },
    state: at(values.state),
    secretsFile: {
      path: values.secrets === undefined ? secretsPath(folder, environment) : at(values.secrets),
      isNamed: values.secrets !== undefined,
    },
    tls:
      certificate === undefined || key === undefined ? null : { certificate: at(certificate), key: at(key) },
    authorities: (values.ca ?? []).map(at),
  });
};

const readListen = (text: string): Listen | null => {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host === undefined || !isAddressRange(host) || port > 65_535 ? null : { host, port, text };
};

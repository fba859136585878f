import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { bundle } from './bundle.ts';
import { capnp, isExperimental, kvServiceName, listeningOf, type ServiceOptions } from './capnp.ts';

export type { DurableObject, Listening, RateLimit, ServiceOptions } from './capnp.ts';

/** What one workerd process shall run. */
export interface ServeOptions {
  readonly services: readonly ServiceOptions[];
  /** A folder that keeps KV and Durable Objects over restarts; without it they end with the process. */
  readonly state?: string;
  /** Whether it goes on when a terminal's Ctrl-C is meant for us, who then have to end it. */
  readonly outlivesInterrupt?: boolean;
  /** Whether its output is ours, and nobody keeps it; without it, `logs` has its end. */
  readonly speaksForUs?: boolean;
  /** The folder for its configuration, which holds no value of `env`; without it, one that ends with the process. */
  readonly folder?: string;
  /** Variables of its process, for `fromEnvironment`. It gets no others. */
  readonly env?: Readonly<Record<string, string>>;
  /** PEM files of authorities that `fetch` trusts besides those that browsers do. */
  readonly authorities?: readonly string[];
  /** Flags of V8, as `--perf-basic-prof`. */
  readonly v8Flags?: readonly string[];
}

/** A running workerd. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  /** The port of a place that is listened on, named as its service if nothing else was said; throws where there is none. */
  readonly port: (name: string) => number;
  /** What workerd and its Workers wrote, both streams: the last 4 MiB. */
  readonly logs: () => string;
  /** How it ended, for whatever reason: `exit code 1`, `SIGKILL`. Never rejects. */
  readonly ended: Promise<string>;
  /**
   * Ends the process and waits for it. By SIGTERM it takes no more connections and lets requests end that have begun, for
   * `patienceMs`; SIGKILL is a crash.
   */
  readonly stop: (signal?: 'SIGTERM' | 'SIGKILL', patienceMs?: number) => Promise<void>;
}

/**
 * Serves Workers with plain `workerd serve`: no entry proxy that tidies requests up, the bytes of the socket are what
 * the Worker gets. Resolves when every socket listens; rejects with the logs when workerd ends before.
 */
export const serve = async (options: ServeOptions): Promise<Server> => {
  const { services, outlivesInterrupt = false, speaksForUs = false, env } = options;
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'latchkey-serve-'));
  const config = writeConfig([...services, ...kvServices(services)], folder, options);
  // A file, not a pipe: waking up who reads a pipe would be a tenth of what a request costs.
  const output = openSync(join(folder, 'output'), 'a+');
  const flags = services.some(isExperimental) ? ['--experimental'] : [];
  const child = spawn(workerdPath(), ['serve', ...flags, '--control-fd=3', config], {
    stdio: ['ignore', ...(speaksForUs ? (['inherit', 'inherit'] as const) : [output, output]), 'pipe'],
    // In a process group of its own, to which no terminal sends anything.
    detached: outlivesInterrupt,
    ...(env === undefined ? {} : { env }),
  });
  const remove = (): void => {
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  };
  const endWithUs = (): void => {
    child.kill('SIGKILL');
    remove();
  };
  process.once('exit', endWithUs);
  let last: string | undefined;
  const logs = (): string => last ?? tailOf(output);
  const ended = new Promise<string>((done) => {
    child.once('error', (error) => writeFileSync(output, String(error)));
    child.once('close', (code, signal) => {
      process.off('exit', endWithUs);
      last = tailOf(output);
      closeSync(output);
      remove();
      done(signal ?? `exit code ${code}`);
    });
  });
  const ports = await listening(child, services, ended, logs);
  const stop: Server['stop'] = async (signal = 'SIGTERM', patienceMs = PATIENCE_MS) => {
    child.kill(signal);
    const impatience = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await ended;
    clearTimeout(impatience);
  };
  return {
    pid: child.pid ?? -1,
    port: (name) => {
      const port = ports.get(name);
      if (port === undefined) throw new Error(`the service ${name} has no socket`);
      return port;
    },
    ...{ logs, ended, stop },
    [Symbol.asyncDispose]: () => stop(),
  };
};

const PATIENCE_MS = 5_000;
const TAIL_BYTES = 4 * 1_048_576;
const START_TIMEOUT_MS = 20_000;

/** One service per KV namespace that anybody names. */
const kvServices = (services: readonly ServiceOptions[]): readonly ServiceOptions[] => {
  const names = [...new Set(services.flatMap(({ kv }) => kv ?? []))];
  if (names.length === 0) return [];
  const { script } = bundle('tools/serve/kv.ts');
  return names.map((name) => ({
    name: kvServiceName(name),
    script,
    durableObjects: [{ binding: 'NAMESPACE', className: 'Namespace', uniqueKey: `kv-${name}` }],
  }));
};

/** Writes scripts and configuration into the folder; services of one script share its file. */
const writeConfig = (
  services: readonly ServiceOptions[],
  folder: string,
  { state = join(folder, 'state'), v8Flags = [], authorities = [] }: ServeOptions,
): string => {
  const scripts = [
    ...new Set(services.flatMap(({ script, modules = {} }) => [script, ...Object.values(modules)])),
  ];
  scripts.forEach((script, index) => {
    writeFileSync(join(folder, `${index}.js`), script);
  });
  mkdirSync(state, { recursive: true });
  const rateLimitFile = 'rate-limit.js';
  writeFileSync(join(folder, rateLimitFile), bundle('tools/serve/rate-limit.ts').script);
  const config = join(folder, 'config.capnp');
  const fileOf = (script: string): string => `${scripts.indexOf(script)}.js`;
  const files = { fileOf, nameOf: linksIn(folder), rateLimitFile };
  writeFileSync(config, capnp(services, { ...files, state: resolve(state), v8Flags, authorities }));
  return config;
};

/** Files elsewhere as the configuration can name them: it knows no absolute paths, and a key is copied nowhere. */
const linksIn = (folder: string): ((path: string) => string) => {
  let count = 0;
  return (path) => {
    const name = `${count++}.pem`;
    rmSync(join(folder, name), { force: true });
    symlinkSync(resolve(path), join(folder, name));
    return name;
  };
};

/** The binary itself, as the workerd package finds it; its shim in `.bin` would be a process more. */
const workerdPath = (): string => {
  const ofWrangler = createRequire(createRequire(import.meta.url).resolve('wrangler/package.json'));
  return (ofWrangler('workerd') as { readonly default: string }).default;
};

const tailOf = (file: number): string => {
  const { size } = fstatSync(file);
  const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
  return tail.toString('utf8', 0, readSync(file, tail, 0, tail.length, size - tail.length));
};

/** Reads workerd's control messages, one JSON object per line, until each wanted socket has reported its port. */
const listening = async (
  child: ChildProcess,
  services: readonly ServiceOptions[],
  ended: Promise<string>,
  logs: () => string,
): Promise<ReadonlyMap<string, number>> => {
  const ports = new Map<string, number>();
  const wanted = services.flatMap((service) => Object.keys(listeningOf(service))).length;
  const control = child.stdio[3] as NodeJS.ReadableStream;
  const all = new Promise<'listening'>((done) => {
    if (wanted === 0) child.once('spawn', () => done('listening'));
    createInterface({ input: control }).on('line', (line) => {
      const message = JSON.parse(line) as {
        readonly event: string;
        readonly socket: string;
        readonly port: number;
      };
      if (message.event === 'listen') ports.set(message.socket, message.port);
      if (ports.size === wanted) done('listening');
    });
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((done) => {
    timer = setTimeout(() => done('late'), START_TIMEOUT_MS);
  });
  const outcome = await Promise.race([all, late, ended.then(() => 'ended' as const)]);
  clearTimeout(timer);
  if (outcome === 'listening') return ports;
  child.kill('SIGKILL');
  await ended;
  throw new Error(`workerd did not start (${outcome}):\n${logs()}`);
};

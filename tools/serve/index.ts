import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { bundle } from './bundle.ts';
import { capnp, kvServiceName, type ServiceOptions } from './capnp.ts';

export type { DurableObject, RateLimit, ServiceOptions } from './capnp.ts';

/** What one workerd process shall run. */
export interface ServeOptions {
  readonly services: readonly ServiceOptions[];
  /** A folder that keeps KV and Durable Objects over restarts; without it they end with the process. */
  readonly state?: string;
  /** Whether it goes on when a terminal's Ctrl-C is meant for us, who then have to end it. */
  readonly outlivesInterrupt?: boolean;
  /** Flags of V8, as `--perf-basic-prof`. */
  readonly v8Flags?: readonly string[];
}

/** A running workerd. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  /** The port a service listens on; throws for a service without a socket. */
  readonly port: (service: string) => number;
  /** What workerd and its Workers wrote, both streams: the last 4 MiB. */
  readonly logs: () => string;
  /** Ends the process and waits for it; SIGKILL for a crash. */
  readonly stop: (signal?: 'SIGTERM' | 'SIGKILL') => Promise<void>;
}

/**
 * Serves Workers with plain `workerd serve`: no entry proxy that tidies requests up, the bytes of the socket are what
 * the Worker gets. Resolves when every socket listens; rejects with the logs when workerd ends before.
 */
export const serve = async ({
  services,
  state,
  outlivesInterrupt = false,
  v8Flags = [],
}: ServeOptions): Promise<Server> => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-serve-'));
  const config = writeConfig([...services, ...kvServices(services)], folder, state, v8Flags);
  // A file, not a pipe: waking up who reads a pipe would be a tenth of what a request costs.
  const output = openSync(join(folder, 'output'), 'a+');
  const child = spawn(workerdPath(), ['serve', '--control-fd=3', config], {
    stdio: ['ignore', output, output, 'pipe'],
    // In a process group of its own, to which no terminal sends anything.
    detached: outlivesInterrupt,
  });
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const endWithUs = (): void => {
    child.kill('SIGKILL');
    remove();
  };
  process.once('exit', endWithUs);
  let last: string | undefined;
  const logs = (): string => last ?? tailOf(output);
  const ended = new Promise<void>((done) => {
    child.once('error', (error) => writeFileSync(output, String(error)));
    child.once('close', () => {
      process.off('exit', endWithUs);
      last = tailOf(output);
      closeSync(output);
      remove();
      done();
    });
  });
  const ports = await listening(child, services, ended, logs);
  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> => {
    child.kill(signal);
    const impatience = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(impatience);
  };
  return {
    pid: child.pid ?? -1,
    port: (service) => {
      const port = ports.get(service);
      if (port === undefined) throw new Error(`the service ${service} has no socket`);
      return port;
    },
    logs,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
};

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
  state = join(folder, 'state'),
  v8Flags: readonly string[] = [],
): string => {
  const scripts = [...new Set(services.map(({ script }) => script))];
  scripts.forEach((script, index) => {
    writeFileSync(join(folder, `${index}.js`), script);
  });
  mkdirSync(state, { recursive: true });
  const config = join(folder, 'config.capnp');
  const fileOf = ({ script }: ServiceOptions): string => `${scripts.indexOf(script)}.js`;
  const rateLimit = 'rate-limit.js';
  writeFileSync(join(folder, rateLimit), bundle('tools/serve/rate-limit.ts').script);
  writeFileSync(config, capnp(services, fileOf, resolve(state), rateLimit, v8Flags));
  return config;
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
  ended: Promise<void>,
  logs: () => string,
): Promise<ReadonlyMap<string, number>> => {
  const ports = new Map<string, number>();
  const wanted = services.filter(({ socket }) => socket !== undefined).length;
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

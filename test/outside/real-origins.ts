import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { exchange } from './socket.ts';

/** A request as a real origin reads it. All texts are latin1, so that a byte is a character. */
export interface Reading {
  readonly status: number;
  readonly method: string;
  /** What it chooses its handler by; null where it cannot tell. */
  readonly path: string | null;
  /** The headers under our prefix, by the names that programs there read them under. */
  readonly said: Readonly<Record<string, string>>;
}

/** A web server as Debian packages it, between a socket and a handler that tells what it was given. */
export interface RealOrigin {
  readonly name: string;
  /** Sends these bytes and tells how they were read; null when they were refused. */
  readonly read: (bytes: string) => Promise<Reading | null>;
}

/** What has to be installed: Debian's package, and the program in it. */
const PROGRAMS = {
  'nginx-light': '/usr/sbin/nginx',
  'apache2-bin': '/usr/sbin/apache2',
  'php-cli': '/usr/bin/php',
  python3: '/usr/bin/python3',
} as const;

/** The packages that are not installed. */
export const missingPackages = (): readonly string[] =>
  Object.entries(PROGRAMS).flatMap(([name, program]) => (existsSync(program) ? [] : [name]));

export interface RealOrigins {
  readonly all: readonly RealOrigin[];
  readonly stop: () => Promise<void>;
}

/** Starts them all, each on a port of its own, with nothing but their defaults and a folder that goes with them. */
export const startRealOrigins = async (): Promise<RealOrigins> => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-origins-'));
  chmodSync(folder, 0o755); // Apache's children are nobody.
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(ended));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const all: RealOrigin[] = [];
    for (const { name, command, read } of ORIGINS) {
      const port = await freePort();
      const own = join(folder, `${port}`);
      const [program, ...args] = command(own, port);
      // In a group of its own: when Apache ends, it ends its whole group.
      const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
      children.push(child);
      await listening(name, port, child);
      all.push({ name, read: (bytes) => ask(port, bytes, read) });
    }
    return { all, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await exit;
};

type Variables = Readonly<Record<string, string>>;

/** How one of them is started, and how it says what it was given: lines or NUL-ended `NAME=value`. */
interface Origin {
  readonly name: string;
  /** Writes what it needs beside `own` and says what to start. */
  readonly command: (own: string, port: number) => readonly [string, ...string[]];
  readonly read: (variables: Variables) => Pick<Reading, 'method' | 'path'>;
}

const NAMES = ['USER_ID', 'ORGANIZATION_ID', 'KEY_ID', 'AUTH', 'SCOPES', 'ASSERTION'];

const nginx =
  (extra: string) =>
  (own: string, port: number): readonly [string, ...string[]] => {
    const told = [
      'REQUEST_METHOD=$request_method',
      'PATH=$uri',
      ...NAMES.map((name) => `HTTP_X_LATCHKEY_${name}=$http_x_latchkey_${name.toLowerCase()}`),
    ];
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${own}-${name};`,
    );
    writeFileSync(
      `${own}.conf`,
      `daemon off; worker_processes 1; pid ${own}.pid; error_log stderr crit; events { }
     http { access_log off; ${temporary.join(' ')} default_type application/octet-stream;
       server { listen 127.0.0.1:${port}; ${extra} large_client_header_buffers 8 128k;
         location / { return 200 "${told.join('\\n')}\\n"; } } }`,
    );
    return [PROGRAMS['nginx-light'], '-c', `${own}.conf`, '-e', 'stderr'];
  };

const apache = (own: string, port: number): readonly [string, ...string[]] => {
  const modules = ['mpm_prefork', 'authz_core', 'alias', 'cgi', 'unixd'].filter((name) =>
    existsSync(`/usr/lib/apache2/modules/mod_${name}.so`),
  );
  writeFileSync(
    `${own}.cgi`,
    `#!/bin/sh\nprintf 'Content-Type: application/octet-stream\\r\\n\\r\\n'\nenv -0\n`,
  );
  chmodSync(`${own}.cgi`, 0o755);
  writeFileSync(
    `${own}.conf`,
    `${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
     ServerName origin.test
     Listen 127.0.0.1:${port}
     PidFile ${own}.pid
     ErrorLog ${own}.log
     LogLevel crit
     ${process.getuid?.() === 0 ? 'User #65534\nGroup #65534' : ''}
     StartServers 2
     ScriptAlias / ${own}.cgi/
     <Directory ${join(own, '..')}>
       Require all granted
     </Directory>\n`,
  );
  return [PROGRAMS['apache2-bin'], '-f', `${own}.conf`, '-DFOREGROUND'];
};

const php = (own: string, port: number): readonly [string, ...string[]] => {
  writeFileSync(
    `${own}.php`,
    `<?php header('Content-Type: application/octet-stream');
     $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
     if (is_string($path)) echo 'PATH=', rawurldecode($path), "\\0";
     foreach ($_SERVER as $name => $value) if (is_string($value)) echo $name, '=', $value, "\\0";`,
  );
  return [PROGRAMS['php-cli'], '-n', '-S', `127.0.0.1:${port}`, `${own}.php`];
};

const wsgi = (own: string, port: number): readonly [string, ...string[]] => {
  writeFileSync(
    `${own}.py`,
    `from wsgiref.simple_server import make_server, WSGIRequestHandler
class Quiet(WSGIRequestHandler):
    def log_message(self, *args): pass
def app(environ, start_response):
    start_response('200 OK', [('Content-Type', 'application/octet-stream')])
    told = [name + '=' + value for name, value in environ.items() if isinstance(value, str)]
    return [('\\0'.join(told) + '\\0').encode('latin-1', 'replace')]
make_server('127.0.0.1', ${port}, app, handler_class=Quiet).serve_forever()\n`,
  );
  return [PROGRAMS.python3, '-I', `${own}.py`];
};

const variable = (name: string) => (variables: Variables) => ({
  method: variables.REQUEST_METHOD ?? '',
  path: variables[name] ?? null,
});

const ORIGINS: readonly Origin[] = [
  { name: 'nginx', command: nginx(''), read: variable('PATH') },
  {
    name: 'nginx that takes every header',
    command: nginx('underscores_in_headers on; ignore_invalid_headers off;'),
    read: variable('PATH'),
  },
  { name: 'Apache, CGI', command: apache, read: variable('PATH_INFO') },
  { name: 'PHP', command: php, read: variable('PATH') },
  { name: 'WSGI', command: wsgi, read: variable('PATH_INFO') },
];

const ask = async (port: number, bytes: string, read: Origin['read']): Promise<Reading | null> => {
  const { responses } = await exchange(port, [bytes], { responses: 1, timeoutMs: 5_000 });
  const [response] = responses;
  if (response === undefined || response.status !== 200) return null;
  const text = response.body.toString('latin1');
  const lines = text.split(text.includes('\0') ? '\0' : '\n');
  const variables = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  const said = Object.entries(variables).filter(
    ([name, value]) => /^HTTP_X_LATCHKEY/i.test(name) && value !== '',
  );
  return { status: response.status, ...read(variables), said: Object.fromEntries(said) };
};

const freePort = (): Promise<number> =>
  new Promise((found) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => found(port));
    });
  });

const START_MS = 10_000;

const listening = async (name: string, port: number, child: ChildProcess): Promise<void> => {
  let complaint = '';
  child.stderr?.on('data', (piece: Buffer) => {
    complaint = `${complaint}${piece}`.slice(-2_000);
  });
  for (const endsAt = performance.now() + START_MS; performance.now() < endsAt; await wait(20)) {
    if (child.exitCode !== null) break;
    if (await answers(port)) return;
  }
  throw new Error(`${name} does not start: ${complaint}`);
};

const answers = (port: number): Promise<boolean> =>
  new Promise((told) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      told(true);
    });
    socket.on('error', () => told(false));
  });

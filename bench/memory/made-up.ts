import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { bundle } from '../../tools/serve/bundle.ts';
import { serve } from '../../tools/serve/index.ts';
import { freshSecrets } from '../../tools/serve/secrets.ts';
import { variablesOf } from '../../tools/serve/variables.ts';
import { madeUpKey } from '../made-up-key.ts';
import { MAX_RESIDENT_GROWTH_MIB } from './bounds.ts';

/** How many requests are under way at once: each batch is written whole before its answers are read. */
const BATCH = 500;
const SAMPLES = 10;

/** Sends a batch over one connection and waits for as many answers; their statuses. */
const sendBatch = (port: number, keys: readonly string[]): Promise<readonly number[]> =>
  new Promise((resolve, reject) => {
    const statuses: number[] = [];
    let text = '';
    const socket = connect(port, '127.0.0.1', () => {
      const lines = keys.map(
        (key) => `GET /v1/items/1 HTTP/1.1\r\nHost: api.test\r\nAuthorization: Bearer ${key}\r\n\r\n`,
      );
      socket.write(lines.join(''));
    });
    socket.setEncoding('latin1');
    socket.on('error', reject);
    socket.on('data', (chunk: string) => {
      text += chunk;
      const found = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)];
      statuses.push(...found.map(([, status]) => Number(status)));
      text = text.slice(-16).replace(/HTTP\/1\.1 \d{3} /, '');
      if (statuses.length < keys.length) return;
      socket.destroy();
      resolve(statuses);
    });
  });

const residentMiB = (pid: number): number => {
  const [, kiB = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kiB) / 1024);
};

/** Sends so many different made-up keys through one isolate. Whether workerd's memory stayed as it was. */
export const sendMadeUpKeys = async (requests: number): Promise<boolean> => {
  const { PROJECT_ID = '', PROJECT_SECRET = '' } = variablesOf('emulator/wrangler.toml');
  await using server = await serve({
    services: [
      {
        name: 'latchkey',
        script: bundle('test/worker.ts').script,
        kv: ['VAULT'],
        durableObjects: [
          { binding: 'KEY_RING', className: 'KeyRing' },
          { binding: 'LOBBY', className: 'Lobby' },
        ],
        rateLimits: [{ binding: 'STRANGERS', limit: 1_000_000_000, periodSeconds: 60 }],
        bindings: { ...freshSecrets(), STYTCH_PROJECT_ID: PROJECT_ID, STYTCH_SECRET: PROJECT_SECRET },
        socket: 0,
      },
    ],
  });
  const samples: number[] = [];
  for (let sent = 0; sent < requests; ) {
    const statuses = await sendBatch(
      server.port('latchkey'),
      Array.from({ length: BATCH }, () => madeUpKey('acme')),
    );
    const wrong = statuses.filter((status) => status !== 401);
    if (wrong.length > 0) throw new Error(`a made-up key was answered ${wrong[0]}`);
    sent += BATCH;
    if (sent % (requests / SAMPLES) < BATCH) {
      samples.push(residentMiB(server.pid));
      console.log(`${String(sent).padStart(9)} different keys: ${samples.at(-1)} MiB`);
    }
  }
  // A young process takes what V8 gives it; what counts is that more credentials do not take more.
  const half = samples.length / 2;
  const growth = Math.max(...samples.slice(half)) - Math.max(...samples.slice(0, half));
  console.log(`the second half held ${growth} MiB more than the first`);
  return growth <= MAX_RESIDENT_GROWTH_MIB;
};

import { createServer } from 'node:net';
import { placesFrom } from './places.ts';

/** Those of a place's ports that somebody listens on, with what they were meant for. */
export const takenPorts = async (port: number): Promise<readonly string[]> => {
  const { stytchPort, originPort } = placesFrom(port);
  const wanted = [
    [port, 'the Worker'],
    [stytchPort, 'the Stytch emulator'],
    [originPort, 'the demo origin'],
  ] as const;
  const taken: string[] = [];
  for (const [each, purpose] of wanted) {
    if (!(await isFree(each))) taken.push(`${each} (${purpose})`);
  }
  return taken;
};

/** A port with which nothing is taken. Ports that the system hands out by itself are left alone. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if ((await takenPorts(port)).length === 0) return port;
  }
};

/** `localhost` is both addresses: whoever has the other one would be sent what is meant for us. */
const isFree = async (port: number): Promise<boolean> =>
  (await canListen('127.0.0.1', port)) && (await canListen('::1', port));

const canListen = async (host: string, port: number): Promise<boolean> => {
  const code = await codeOfListening(host, port);
  // A machine without IPv6 has nobody there either.
  return code !== 'EADDRINUSE' && code !== 'EACCES';
};

/** Why nobody can listen at a place just now; null if somebody can. */
export const whyNotListen = async (host: string, port: number): Promise<string | null> => {
  const code = await codeOfListening(host, port);
  return code === null ? null : (REASONS[code] ?? code);
};

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'somebody listens there already',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine does not have the address',
};

/** Of the error, or null. */
const codeOfListening = (host: string, port: number): Promise<string | null> =>
  new Promise((done) => {
    const server = createServer();
    server.once('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => done(code));
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(null)));
  });

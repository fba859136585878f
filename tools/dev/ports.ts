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

const canListen = (host: string, port: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer();
    // A machine without IPv6 has nobody there either.
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      done(code !== 'EADDRINUSE' && code !== 'EACCES'),
    );
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(true)));
  });

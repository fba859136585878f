/** Where everything is, counted from one port: the Worker, then the Stytch emulator, then the demo origin. */
export interface Places {
  readonly port: number;
  /** `request.url`'s host decides the door, so that the two names of this machine are the two hosts. */
  readonly apiHost: string;
  readonly deskHost: string;
  readonly api: string;
  readonly desk: string;
  readonly stytch: string;
  readonly origin: string;
  /** The emulator's sign-in page, under the Desk's host name: cookies know hosts and no ports (RFC 6265 §8.5). */
  readonly login: string;
  readonly stytchPort: number;
  readonly originPort: number;
}

/** The port of the Worker when nobody names another. */
export const DEFAULT_PORT = 8787;

/** The greatest port that leaves room for the other two. */
export const LAST_PORT = 65_533;

/** The places from a port on. */
export const placesFrom = (port: number): Places => ({
  port,
  apiHost: `127.0.0.1:${port}`,
  deskHost: `localhost:${port}`,
  api: `http://127.0.0.1:${port}`,
  desk: `http://localhost:${port}`,
  stytch: `http://127.0.0.1:${port + 1}`,
  origin: `http://127.0.0.1:${port + 2}`,
  login: `http://localhost:${port + 1}/_emulator/login`,
  stytchPort: port + 1,
  originPort: port + 2,
});

/** A port as it stands on a command line, or null: 1024 and more, with room for the other two. */
export const readPort = (text: string): number | null => {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1024 && port <= LAST_PORT ? port : null;
};

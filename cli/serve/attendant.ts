import { request } from 'node:http';

/** Asks the running Worker, at the supervisor's own socket. */
export interface Attendant {
  /** Whether it answers that it is well, with its configuration. */
  readonly isWell: () => Promise<boolean>;
  /** Whether it answers at all; nobody writes that down. */
  readonly isAlive: () => Promise<boolean>;
  /** Has it do what is done once a day; whether it has begun. */
  readonly doDaily: () => Promise<boolean>;
}

/** One that takes longer is not well. */
const DEADLINE_MS = 5_000;

/** `deskHost` is the name at which the Worker says how it is. */
export const openAttendant = (socketPath: string, deskHost: string): Attendant => {
  const ask = (method: string, path: string, wanted: number): Promise<boolean> =>
    new Promise((done) => {
      const headers = { host: deskHost };
      const asked = request({ ...{ socketPath, method, path, headers }, agent: false, timeout: DEADLINE_MS });
      asked.once('response', (response) => {
        response.resume();
        done(response.statusCode === wanted);
      });
      asked.once('timeout', () => asked.destroy());
      // Also when it is destroyed: nobody is there, or not well.
      asked.once('error', () => done(false));
      asked.once('close', () => done(false));
      asked.end();
    });
  return {
    isWell: () => ask('GET', '/healthz', 200),
    isAlive: () => ask('GET', '/alive', 204),
    doDaily: () => ask('POST', '/scheduled', 204),
  };
};

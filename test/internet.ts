import { WorkerEntrypoint } from 'cloudflare:workers';

interface Rooms {
  readonly EMULATOR: Fetcher;
  readonly ORIGIN: Fetcher;
  readonly RECEIVER: Fetcher;
  readonly GITHUB: Fetcher;
}

/**
 * All the network there is for the tests in workerd: these hosts. A fetch to anywhere else throws, and is listed by
 * `refused`, because the code under test may take the error for an outage.
 */
export default class Internet extends WorkerEntrypoint<Rooms> {
  override async fetch(request: Request): Promise<Response> {
    const { hostname } = new URL(request.url);
    const room = ROOMS[hostname];
    if (room !== undefined) return this.env[room].fetch(request);
    refused.push(`${request.method} ${request.url}`);
    throw new Error(`the network is off in tests: ${hostname} is not a host of test/internet.ts`);
  }

  /** Every fetch to an unknown host since the last `reset`: `METHOD URL`. */
  refused(): readonly string[] {
    return [...refused];
  }

  /** Forgets what was refused. */
  reset(): void {
    refused.length = 0;
  }
}

const ROOMS: Readonly<Partial<Record<string, keyof Rooms>>> = {
  'stytch.test': 'EMULATOR',
  'origin.test': 'ORIGIN',
  // The origin of the zone, where that is where requests go.
  'api.test': 'ORIGIN',
  // Where the operator is told of what happens to keys.
  'events.test': 'RECEIVER',
  'api.github.com': 'GITHUB',
};

const refused: string[] = [];

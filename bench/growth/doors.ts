import type { AdmitRequest } from '../../src/model/ports.ts';
import type { Server } from '../../tools/serve/index.ts';
import { callJson } from '../http.ts';
import type { Doors, Wish } from './worker.ts';

/** Calls a door of an owner's Ring. */
export const door = <D extends keyof Doors>(
  server: Server,
  owner: string,
  name: D,
  value: Parameters<Doors[D]>[0] | null = null,
): Promise<Awaited<ReturnType<Doors[D]>>> =>
  callJson(
    {
      port: server.port('latchkey'),
      path: `/${name}`,
      method: 'POST',
      headers: { Host: 'grow' },
      body: { owner, value } satisfies Wish,
    },
    200,
  );

/** What an isolate used of a lease and told of it. */
const UNITS = 8;

/** As an isolate asks whose lease is at its end: it tells of it and of its use, and takes another. */
export const askOf = (
  clientId: string,
  isolate: string,
  leaseId: string,
  lastLease: string,
): AdmitRequest => {
  const fingerprint = `fingerprint of ${clientId}`;
  const spent = [
    [4_000, UNITS / 2],
    [1_000, UNITS / 2],
  ] as const;
  return {
    credential: { kind: 'secret', clientId, fingerprint, pepper: '1' },
    others: [],
    wantToken: false,
    ask: {
      ...{ leaseId, isolate, purse: '', costs: [], wantsLease: true, rate: 2, used: UNITS, held: 0 },
      reports: [{ leaseId: lastLease, total: UNITS, spent, closed: true }],
    },
    uses: [{ keyId: clientId, fingerprint, admitted: UNITS, refused: 0, limited: 0, agoMs: 1_000 }],
    seen: null,
  };
};

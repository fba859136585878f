import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_PORT, type Places, placesFrom } from '../tools/dev/places.ts';
import { freePort } from '../tools/dev/ports.ts';
import { start } from '../tools/dev/start.ts';
import { ask, member } from './http.ts';

/** A Latchkey to show, and how to leave it behind. */
export type Found =
  | { readonly ok: true; readonly places: Places; readonly how: string; readonly leave: () => Promise<void> }
  | { readonly ok: false; readonly problem: string };

/** The one that runs on a port. Where no port is named and none runs on the usual one, one is started for the demo. */
export const find = async (port: number | null, signal: AbortSignal): Promise<Found> => {
  const places = placesFrom(port ?? DEFAULT_PORT);
  const there = await look(places);
  if (there === 'latchkey')
    return { ok: true, places, how: 'that runs already', leave: async () => undefined };
  if (port === null) return startOne(signal);
  const hint = `Start it with: npm run dev -- --port ${port}. Or leave --port out, and the demo starts one.`;
  return { ok: false, problem: `${places.desk} ${there}. ${hint}` };
};

const look = async ({ desk }: Places): Promise<string> => {
  try {
    const { status, json } = await ask(`${desk}/readyz`);
    if (member(json, 'checks', 'signing_keys') === undefined)
      return `is not Latchkey (GET /readyz: ${status})`;
    return status === 200 ? 'latchkey' : `is Latchkey, but not ready (${status} ${JSON.stringify(json)})`;
  } catch (error) {
    // What `fetch` throws: nobody is there, or somebody who does not speak HTTP, or too slowly.
    if (error instanceof Error)
      return `does not answer (${error.cause instanceof Error ? error.cause.message : error.message})`;
    throw error;
  }
};

/** On free ports and with a state of its own, which are gone afterwards. */
const startOne = async (signal: AbortSignal): Promise<Found> => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-demo-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const options = { port: await freePort(), folder, fresh: true, onWorkerLine: () => undefined };
  const started = await start(options, signal);
  if (!started.ok) {
    remove();
    return started;
  }
  const { places, stop } = started.running;
  const leave = async (): Promise<void> => {
    await stop();
    remove();
  };
  return { ok: true, places, how: 'started for this demo', leave };
};

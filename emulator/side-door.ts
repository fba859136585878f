import { type Context, Hono } from 'hono';
import { type ClockMove, moveClock, showClock } from './clock.ts';
import { resetCounters, showCounters } from './counters.ts';
import { ENDPOINT_NAMES } from './endpoints.ts';
import { addFault, clearFaults, listFaults } from './faults.ts';
import { type JsonObject, parseObject } from './json.ts';
import { retireKeys, rotateKeys, showKeys } from './keys.ts';
import { makeToken } from './odd-tokens.ts';
import { writePolicy } from './policy.ts';
import type { Project } from './project.ts';
import { isRefusal } from './result.ts';
import { readSeed, resetProject, seed } from './seed.ts';
import { readSwitches, resetSwitches, SWITCHES, setSwitches } from './switches.ts';
import { readTemplate, removeTemplate, writeTemplate } from './template-store.ts';
import type { Waits } from './waits.ts';
import { webhookDoor } from './webhook-door.ts';

/** The JSON side door: everything that a test wants of Stytch and Stytch does not offer. */
export const sideDoor = (project: Project, waits: Waits): Hono => {
  const door = new Hono();
  door.on('GET', ['/', '/status'], (context) =>
    context.json({ project_id: project.id, endpoints: ENDPOINT_NAMES }),
  );
  addClock(door, project);
  addCounters(door, project);
  addFaults(door, project, waits);
  addSwitches(door, project);
  addKeys(door, project);
  addState(door, project, waits);
  door.route('/webhooks', webhookDoor(project));
  return door;
};

const addClock = (door: Hono, project: Project): void => {
  door.get('/clock', (context) => context.json(showClock(project)));
  door.post('/clock', async (context) => {
    const moved = moveClock(project, (await body(context)) as ClockMove);
    return moved ? context.json(showClock(project)) : wrong(context, 'the clock cannot be moved there');
  });
};

const addCounters = (door: Hono, project: Project): void => {
  door.get('/counters', (context) => context.json(showCounters(project)));
  door.delete('/counters', (context) => {
    resetCounters(project);
    return context.json(showCounters(project));
  });
};

const addFaults = (door: Hono, project: Project, waits: Waits): void => {
  door.get('/faults', (context) => context.json({ faults: listFaults(project) }));
  door.post('/faults', async (context) => {
    const added = addFault(project, await body(context), ENDPOINT_NAMES);
    return typeof added === 'string' ? wrong(context, added) : context.json({ id: added });
  });
  door.delete('/faults/:which?', (context) => {
    const which = context.req.param('which') ?? context.req.query('endpoint') ?? null;
    clearFaults(project, which !== null && /^\d+$/.test(which) ? Number(which) : which);
    waits.letGo();
    return context.json({ faults: listFaults(project) });
  });
};

const addSwitches = (door: Hono, project: Project): void => {
  const show = (context: Context) =>
    context.json({ switches: readSwitches(project), positions: positions() });
  door.get('/switches', show);
  door.put('/switches', async (context) => {
    const problem = setSwitches(project, await body(context));
    return problem === null ? show(context) : wrong(context, problem);
  });
  door.delete('/switches', (context) => {
    resetSwitches(project);
    return show(context);
  });
};

const addKeys = (door: Hono, project: Project): void => {
  door.get('/keys', (context) => context.json({ keys: showKeys(project) }));
  door.post('/keys/rotate', async (context) => {
    const kid = await rotateKeys(project);
    return context.json({ kid, keys: showKeys(project) });
  });
  door.post('/keys/retire', async (context) => {
    const { kid } = await body(context);
    const retired = retireKeys(project, typeof kid === 'string' ? kid : null);
    return context.json({ retired, keys: showKeys(project) });
  });
  door.post('/tokens', async (context) => {
    const made = await makeToken(project, new URL(context.req.url).origin, await body(context));
    return typeof made === 'string' ? wrong(context, made) : context.json(made);
  });
};

const addState = (door: Hono, project: Project, waits: Waits): void => {
  door.get('/template', (context) => context.json(readTemplate(project)));
  door.delete('/template', (context) => {
    removeTemplate(project);
    return context.json({ done: true });
  });
  door.put('/template', async (context) => {
    const stored = writeTemplate(project, readSwitches(project), await body(context));
    return isRefusal(stored) ? wrong(context, stored.errorType) : context.json(stored);
  });
  door.put('/policy', async (context) => {
    const written = writePolicy(project, (await body(context)).roles);
    return written ? context.json({ done: true }) : wrong(context, 'roles must map names to permissions');
  });
  door.post('/seed', async (context) => {
    const wanted = readSeed(await body(context));
    return typeof wanted === 'string' ? wrong(context, wanted) : context.json(await seed(project, wanted));
  });
  door.post('/reset', async (context) => {
    const { keys, seed: reseed } = await body(context);
    waits.letGo();
    await resetProject(project, { keys: keys === true, reseed: reseed !== false });
    return context.json({ done: true });
  });
};

const positions = () =>
  Object.fromEntries(Object.entries(SWITCHES).map(([name, { values }]) => [name, values]));

const body = async (context: Context): Promise<JsonObject> => parseObject(await context.req.text()) ?? {};

const wrong = (context: Context, error: string): Response => context.json({ error }, 400);

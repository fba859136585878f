import type { Context } from 'hono';
import { basic } from './basic.ts';
import { nowMs } from './clock.ts';
import { countAnswer, countCall } from './counters.ts';
import type { Call, Endpoint } from './endpoint.ts';
import { envelope } from './envelope.ts';
import { type Fault, isTokenFault, takeFault } from './faults.ts';
import { isObject, type JsonObject, parseObject } from './json.ts';
import { misbehave } from './misbehave.ts';
import type { Project } from './project.ts';
import { type Result, refuse } from './result.ts';
import { readSwitches } from './switches.ts';
import type { Waits } from './waits.ts';

const HANG_MS = 600_000;

/** Serves one endpoint: counts the call, lets a fault have its way, checks who calls, does the work. */
export const serve = (project: Project, waits: Waits, endpoint: Endpoint) => async (context: Context) => {
  countCall(project, endpoint.name);
  const fault = takeFault(project, endpoint.name);
  const response = await answer(project, waits, endpoint, context, fault);
  countAnswer(project, endpoint.name, response.status);
  // RFC 9110 §6.6.1: who has a clock says the time.
  response.headers.set('date', new Date(nowMs(project)).toUTCString());
  return response;
};

const answer = async (
  project: Project,
  waits: Waits,
  endpoint: Endpoint,
  context: Context,
  fault: Fault | null,
): Promise<Response> => {
  const text = await context.req.text();
  if (fault?.latencyMs !== undefined) await waits.wait(fault.latencyMs);
  const switches = readSwitches(project);
  const tokenFault = fault !== null && isTokenFault(fault) ? fault : null;
  const honest = async (): Promise<Response> => {
    const body = readBody(endpoint, text);
    const call = { project, switches, text, tokenFault, body: body ?? {}, ...request(context) };
    return envelope(project, switches, body === null ? refuse('bad_request') : await handle(endpoint, call));
  };
  if (fault === null || isTokenFault(fault)) return await honest();
  if (fault.kind !== 'hang')
    return await misbehave(project, switches, endpoint.oauth === true, fault, honest);
  if (fault.effect === 'done') await honest();
  await waits.wait(HANG_MS);
  return new Response(null, { status: 504 });
};

const request = ({ req }: Context): Pick<Call, 'params' | 'query' | 'headers' | 'origin'> => {
  const url = new URL(req.url);
  return { params: req.param(), query: url.searchParams, headers: req.raw.headers, origin: url.origin };
};

const readBody = (endpoint: Endpoint, text: string): JsonObject | null => {
  if (endpoint.oauth === true || text.trim() === '') return {};
  const body = parseObject(text);
  return isObject(body) ? body : null;
};

const handle = async (endpoint: Endpoint, call: Call): Promise<Result> =>
  admitted(endpoint, call) ? await endpoint.handle(call) : refuse('unauthorized_credentials');

const admitted = ({ access }: Endpoint, { project, headers }: Call): boolean => {
  if (access === 'public') return true;
  const credentials = basic(headers);
  if (credentials === null) return false;
  const wanted = access === 'project' ? `${project.id}:${project.secret}` : project.workspaceKey;
  return `${credentials.user}:${credentials.password}` === wanted;
};

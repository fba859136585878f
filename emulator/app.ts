import { Hono } from 'hono';
import { countAnswer, countCall } from './counters.ts';
import { ENDPOINTS } from './endpoints.ts';
import { envelope } from './envelope.ts';
import type { ErrorType } from './errors.ts';
import { loginPage } from './login.ts';
import { mayReturn } from './origins.ts';
import type { Project } from './project.ts';
import { refuse } from './result.ts';
import { serve } from './serve.ts';
import { sideDoor } from './side-door.ts';
import { readSwitches } from './switches.ts';
import { makeWaits } from './waits.ts';

/** Stytch's API, and the side door under `/_emulator/`, which is never under a path of Stytch. */
export const app = (project: Project): Hono => {
  const waits = makeWaits();
  const hono = new Hono();
  for (const endpoint of ENDPOINTS) {
    hono.on(endpoint.method, endpoint.path, serve(project, waits, endpoint));
  }
  const error = (errorType: ErrorType, endpoint: string) => {
    const response = envelope(project, readSwitches(project), refuse(errorType));
    countAnswer(project, endpoint, response.status);
    return response;
  };
  for (const path of new Set(ENDPOINTS.map((endpoint) => endpoint.path))) {
    hono.all(path, () => {
      countCall(project, 'unknown');
      return error('method_not_allowed', 'unknown');
    });
  }
  hono.use('/_emulator/*', async (context, next) => {
    // A strange web page that the developer has open must not reach the side door of their machine.
    if (!mayReturn(project, context.req.header('origin') ?? '')) {
      return context.json({ error: 'the side door is not open to this origin' }, 403);
    }
    return await next();
  });
  hono.get('/_emulator/', (context) => context.redirect('/_emulator/status'));
  hono.route('/_emulator', sideDoor(project, waits));
  hono.route('/_emulator', loginPage(project));
  hono.all('/_emulator/*', (context) => context.json({ error: 'there is no such side door' }, 404));
  hono.notFound(() => {
    countCall(project, 'unknown');
    return error('route_not_found', 'unknown');
  });
  hono.onError((err) => {
    console.error(err);
    return error('internal_server_error', 'unknown');
  });
  return hono;
};

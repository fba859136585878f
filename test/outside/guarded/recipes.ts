import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../../tools/check/project.ts';
import { freePort } from '../../../tools/dev/ports.ts';
import { type Program, startPrograms } from '../origins/programs.ts';
import type { GuardedOrigin } from './origin.ts';

/** An example of `examples/origins/`, copied to a folder of its own as its users do, and started there. */
const recipe = (
  name: string,
  language: string,
  program: (folder: string, port: number) => Program,
): GuardedOrigin => ({
  name,
  start: async ({ jwksUrl, issuer, audience }) => {
    const folder = copied(language);
    const port = await freePort();
    const { said, end } = await startPrograms(name, [program(folder, port)], [port], {
      ...process.env,
      ...{ LATCHKEY_JWKS_URL: jwksUrl, LATCHKEY_ISSUER: issuer, LATCHKEY_AUDIENCE: audience },
      // Nothing is left in the folder but what was copied there.
      PYTHONDONTWRITEBYTECODE: '1',
      PORT: String(port),
    });
    return {
      port,
      handled: () => said().match(/handled/g)?.length ?? 0,
      stop: async () => {
        await end();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
});

const copied = (language: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-recipe-'));
  cpSync(join(ROOT, 'examples/origins', language), folder, { recursive: true });
  return folder;
};

const PYTHON = ['/usr/bin/python3', '-m'] as const;

export const RECIPES: readonly GuardedOrigin[] = [
  recipe('Python, WSGI', 'python', (folder, port) => {
    const how = ['-k', 'gthread', '--threads', '4', '--log-level', 'critical', '--chdir', folder];
    return [...PYTHON, 'gunicorn', '--bind', `127.0.0.1:${port}`, ...how, 'app:wsgi_application'];
  }),
  recipe('Python, ASGI', 'python', (folder, port) => {
    const how = ['--log-level', 'critical', '--app-dir', folder];
    return [...PYTHON, 'uvicorn', '--port', `${port}`, ...how, 'app:asgi_application'];
  }),
  recipe('Go', 'go', (folder) => {
    const env = { ...process.env, CGO_ENABLED: '0', GOPROXY: 'off', GOFLAGS: '-mod=mod' };
    execFileSync('/usr/bin/go', ['build', '-o', 'origin', '.'], { cwd: folder, env });
    return [join(folder, 'origin')];
  }),
  recipe('PHP', 'php', (folder, port) => {
    const how = ['-n', '-d', 'display_errors=0', '-S', `127.0.0.1:${port}`];
    return ['/usr/bin/php', ...how, join(folder, 'index.php')];
  }),
];

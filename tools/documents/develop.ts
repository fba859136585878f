import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ADA, emulatorProject } from '../dev/emulator-project.ts';
import { DEFAULT_PORT, type Places, placesFrom } from '../dev/places.ts';
import type { Block } from './blocks.ts';

/** Latchkey as a document's reader has it running, though on ports of its own. */
export interface Development {
  readonly places: Places;
  /** A block as it is typed here: documents know the default ports. */
  readonly at: (block: Block) => Block;
  /** Variables of a shell of somebody who did what README.md says: its `SESSION` and its `KEY`. */
  readonly somebody: () => Promise<Readonly<Record<string, string>>>;
  readonly stop: () => Promise<void>;
}

const READY = 'Ctrl-C ends it all.';

/** Runs `npm run dev` of a checkout; resolves when everything answers, and rejects with what it wrote if it ends before. */
export const develop = async (folder: string, port: number): Promise<Development> => {
  const places = placesFrom(port);
  const child = spawn(process.execPath, ['tools/dev.ts', '--port', String(port)], {
    cwd: folder,
    env: shellEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  await new Promise<void>((ready, never) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        if (output.includes(READY)) return; // Nobody reads the lines of its requests.
        output += part;
        if (output.includes(READY)) ready();
      });
    ended.then(() => never(new Error(`npm run dev ended:\n${output}`)));
  });
  return {
    places,
    at: (block) => ({ ...block, commands: atPorts(block.commands, places) }),
    somebody: async () => ({ ...shellEnv(), ...(await keyOf(places)) }),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
};

const atPorts = (commands: string, { port, stytchPort, originPort }: Places): string =>
  [port, stytchPort, originPort].reduce(
    (text, here, i) => text.replaceAll(String(DEFAULT_PORT + i), String(here)),
    commands,
  );

/** What every shell has, and nothing of whoever runs it. */
export const shellEnv = (): Readonly<Record<string, string>> => ({
  PATH: [join(process.execPath, '..'), process.env.PATH ?? ''].join(':'),
  HOME: process.env.HOME ?? '/',
});

const keyOf = async ({ stytch, desk }: Places): Promise<Readonly<Record<string, string>>> => {
  const { projectId, projectSecret } = await emulatorProject();
  const { session_jwt: session } = await posted(
    `${stytch}/v1/passwords/authenticate`,
    `Basic ${btoa(`${projectId}:${projectSecret}`)}`,
    { email: ADA.email, password: ADA.password, session_duration_minutes: 60 },
  );
  const wanted = { name: 'My first key', scopes: ['items:read'] };
  const { key } = await posted(`${desk}/v1/keys`, `Bearer ${session}`, wanted);
  return { SESSION: session ?? '', KEY: key ?? '' };
};

const posted = async (
  url: string,
  authorization: string,
  body: object,
): Promise<Readonly<Record<string, string>>> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return (await response.json()) as Readonly<Record<string, string>>;
};

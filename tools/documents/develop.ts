import { ADA, emulatorProject } from '../dev/emulator-project.ts';
import { DEFAULT_PORT, type Places, placesFrom } from '../dev/places.ts';
import type { Block } from './blocks.ts';
import { serving, shellEnv } from './serving.ts';

/** Latchkey as a document's reader has it running, though on ports of its own. */
export interface Development {
  readonly places: Places;
  /** A block as it is typed here: documents know the default ports. */
  readonly at: (block: Block) => Block;
  /** Variables of a shell of somebody who did what README.md says: its `SESSION` and its `KEY`. */
  readonly somebody: () => Promise<Readonly<Record<string, string>>>;
  readonly stop: () => Promise<void>;
}

/** Runs `npm run dev` of a checkout; resolves when everything answers, and rejects with what it wrote if it ends before. */
export const develop = async (folder: string, port: number): Promise<Development> => {
  const places = placesFrom(port);
  const server = await serving(`npm run -s dev -- --port ${port}`, folder);
  return {
    places,
    at: (block) => ({ ...block, commands: onPort(block.commands, port) }),
    somebody: async () => ({ ...shellEnv(), ...(await keyOf(places)) }),
    stop: server.stop,
  };
};

/** Commands with the places counted from a port where a document has the default ones. */
export const onPort = (commands: string, port: number): string =>
  [0, 1, 2]
    .reduce((text, i) => text.replaceAll(String(DEFAULT_PORT + i), String(port + i)), commands)
    .replace(/^npm run dev$/m, `npm run -s dev -- --port ${port}`);

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

import { type Context, Hono } from 'hono';
import { nowSeconds } from './clock.ts';
import { forgetDeliveries, listDeliveries, post } from './deliveries.ts';
import { frame } from './events.ts';
import { isObject, type Json, type JsonObject, parseObject } from './json.ts';
import type { Project } from './project.ts';
import { withoutNulls } from './sign.ts';
import { isSecret, makeMessageId, signedHeaders } from './svix.ts';
import { readTarget, type Target, writeTarget } from './webhook-target.ts';

/** The side door to webhooks: where they go, what became of them, and any that Stytch would never send. */
export const webhookDoor = (project: Project): Hono => {
  const door = new Hono();
  const show = (context: Context) =>
    context.json({ url: readTarget(project)?.url ?? null, deliveries: listDeliveries(project) });
  door.get('/', show);
  door.put('/', async (context) => {
    const problem = writeTarget(project, await body(context));
    return problem === null ? show(context) : wrong(context, problem);
  });
  door.delete('/', (context) => {
    forgetDeliveries(project);
    return show(context);
  });
  door.post('/settle', async (context) => {
    await project.background.settled();
    return show(context);
  });
  door.post('/send', async (context) => {
    const target = readTarget(project);
    if (target === null) return wrong(context, 'there is no url to send to');
    const wish = readWish(project, target, await body(context));
    if (typeof wish === 'string') return wrong(context, wish);
    return context.json({ ...(await post(target.url, wish.headers, wish.body)), sent: wish });
  });
  return door;
};

type Wish = { readonly headers: Readonly<Record<string, string>>; readonly body: string };

/** Makes the wanted message; the answer says what is wrong with the wish, or is the message. */
const readWish = (project: Project, target: Target, wanted: JsonObject): Wish | string => {
  const { event = {}, body, headers = {}, secret = target.secret } = wanted;
  if (!isObject(event)) return 'event must be an object';
  if (body !== undefined && typeof body !== 'string') return 'body must be a text';
  if (!isHeaders(headers)) return 'headers must be texts, or null';
  if (typeof secret !== 'string' || !isSecret(secret)) return 'secret must be whsec_ and base64';
  const made = frame(project, 'UPDATE', 'user', `user-${project.environment}-${crypto.randomUUID()}`);
  const text = body ?? JSON.stringify(withoutNulls({ ...made, ...event }));
  const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const id = own['svix-id'] ?? makeMessageId();
  const given = Number(own['svix-timestamp'] ?? Number.NaN);
  const seconds = Number.isSafeInteger(given) ? given : nowSeconds(project);
  const all = { ...signedHeaders(secret, id, seconds, text), ...own };
  return { headers: withoutNulls(all) as Wish['headers'], body: text };
};

/** Whether every value is a text, or null for a header that is to be left out. */
const isHeaders = (value: Json): value is Readonly<Record<string, string | null>> =>
  isObject(value) && Object.values(value).every((text) => text === null || typeof text === 'string');

const body = async (context: Context): Promise<JsonObject> => parseObject(await context.req.text()) ?? {};

const wrong = (context: Context, error: string): Response => context.json({ error }, 400);

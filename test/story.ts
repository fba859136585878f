import { ask, bearer, textOf } from '../demo/http.ts';
import { openDays } from '../demo/life/days.ts';
import { openStage } from '../demo/stage.ts';
import { type Account, demand, type Key, signInAs, type World } from '../demo/world.ts';
import { ADA, emulatorProject, GRACE, OPERATOR } from '../tools/dev/emulator-project.ts';
import { type OrganizationLatchkey, startOrganization } from './organization.ts';
import { usedOverDays } from './story-use.ts';

/** How long ago the story begins: use is kept for 90 days. */
const FIRST_DAY = -89;
const DAY_MS = 86_400_000;

/** Names that would do harm where somebody forgot that they are texts, or look like more than they are. */
export const HOSTILE_NAMES = {
  script: '<script>alert(1)</script>"><img src=x onerror=alert(2)>',
  /** Read from right to left. */
  rightToLeft: 'مفتاح النسخ الاحتياطي <b>',
  /** The longest there is, and no place to break it. */
  long: 'W'.repeat(64),
} as const;

const PEOPLE = {
  /** Has all the keys. */
  owner: ADA,
  /** Has none. */
  newcomer: { email: 'lee@example.com', password: 'green bottle paper moon' },
  /** Was suspended by an operator. */
  suspended: { email: 'mel@example.com', password: 'yellow door quiet river' },
  /** May look at everybody's. */
  operator: GRACE,
} as const satisfies Readonly<Record<string, Account>>;

/** Who looks at pages: one of them, or a member of an organisation who manages its keys. */
export type Person = keyof typeof PEOPLE | 'member';

const KEYS = [
  'backup',
  'website',
  'statistics',
  'old',
  'ci',
  'dashboard',
  'script',
  'rightToLeft',
  'long',
] as const;

/** A Latchkey with a past: a user with keys of every kind that were used for months. */
export interface Story {
  readonly world: World;
  readonly people: typeof PEOPLE;
  /** Of the owner. Those that can still be used are whole. */
  readonly keys: Readonly<Record<(typeof KEYS)[number], Key>>;
  /** Another company's, whose users are members of organisations, and a key of one. */
  readonly organization: OrganizationLatchkey & { readonly keyId: string };
  readonly end: () => Promise<void>;
}

/** Tells the story: made in the past, used since, and carried on today. It takes two starts of everything. */
export const tellStory = async (
  progress: (line: string) => void = () => undefined,
  signal: AbortSignal = new AbortController().signal,
): Promise<Story> => {
  progress(`a Latchkey whose clock is ${-FIRST_DAY} days behind`);
  const days = await openDays(signal, FIRST_DAY);
  try {
    const world: World = { places: days.places, stage: openStage(() => undefined) };
    const before = await beginLongAgo(world, days.now());
    progress('the same today, used in between');
    await days.begin(0, () => usedOverDays(days.folder, [before.backup.id, before.website.id], FIRST_DAY));
    await seedPeople(world, [PEOPLE.newcomer, PEOPLE.suspended]);
    await suspend(world, PEOPLE.suspended, 'The last invoice was not paid');
    const now = await carryOn(world, before, days.now());
    progress('another one, of a company with organisations');
    const organization = await startOrganization();
    const keyId = await organization.makeKey({ name: 'Warehouse', scopes: ['items:read'] });
    return {
      ...{ world, people: PEOPLE, keys: { ...before, ...now }, organization: { ...organization, keyId } },
      end: async () => {
        await Promise.all([days.leave(), organization.stop()]);
      },
    };
  } catch (error) {
    await days.leave();
    throw error;
  }
};

const beginLongAgo = async (world: World, now: number) => {
  const make = await makerFor(world);
  const keys = {
    backup: await make({
      ...{ name: 'Nightly backup', scopes: ['items:read', 'items:write'] },
      description: 'Copies every item to the office server at 2 a.m.',
    }),
    website: await make({ name: 'Website', scopes: ['items:read'] }),
    statistics: await make({
      ...{ name: 'Statistics for the board', scopes: ['items:read'] },
      expires_at: new Date(now + 60 * DAY_MS).toISOString(),
    }),
    old: await make({ name: 'Old website', scopes: ['items:read'] }),
  };
  await call(world, keys.statistics, 'Go-http-client/2.0');
  await call(world, keys.old, 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0');
  return keys;
};

const carryOn = async (
  world: World,
  { backup, website, old }: Readonly<Record<'backup' | 'website' | 'old', Key>>,
  now: number,
) => {
  const make = await makerFor(world);
  const keys = {
    ci: await make({
      ...{
        name: 'CI on GitHub',
        scopes: ['items:read'],
        description: 'Integration tests of the main branch',
      },
      expires_at: new Date(now + 3 * DAY_MS).toISOString(),
    }),
    dashboard: await make({
      ...{ name: 'Dashboard in the hall', scopes: ['items:read'] },
      ip_allowlist: ['203.0.113.0/24', '2001:db8:1234::/48'],
      limit: { requests: 60, per_seconds: 60 },
    }),
    script: await make({
      ...{ name: HOSTILE_NAMES.script, scopes: ['items:read'] },
      description: `${HOSTILE_NAMES.script} and \${7*7} {{7*7}} javascript:alert(3)`,
    }),
    rightToLeft: await make({ name: HOSTILE_NAMES.rightToLeft, scopes: ['items:read'] }),
    long: await make({ name: HOSTILE_NAMES.long, scopes: ['items:read'], description: 'y'.repeat(256) }),
  };
  await call(world, backup, 'curl/8.14.1');
  await call(world, keys.ci, 'python-requests/2.32.3');
  const { desk } = world.places;
  const headers = bearer((await signInAs(world, PEOPLE.owner)).session);
  const at = `${desk}/v1/keys`;
  const rotated = await ask(`${at}/${website.id}/rotate`, { headers, body: { overlap_seconds: 604_800 } });
  demand(rotated, 200);
  await call(world, website, 'node');
  demand(await ask(`${at}/${old.id}`, { method: 'DELETE', headers }), 200);
  return keys;
};

const seedPeople = async ({ places }: World, users: readonly Account[]): Promise<void> =>
  demand(await ask(`${places.stytch}/_emulator/seed`, { body: { users } }), 200);

/** As the operator's own backend does it. */
const suspend = async (world: World, account: Account, reason: string): Promise<void> => {
  const { desk, stytch } = world.places;
  const { id } = await signInAs(world, account);
  const { projectId } = await emulatorProject();
  const form = new URLSearchParams({
    ...{
      grant_type: 'client_credentials',
      client_id: OPERATOR.clientId,
      client_secret: OPERATOR.clientSecret,
    },
  });
  const token = await fetch(`${stytch}/v1/public/${projectId}/oauth2/token`, { method: 'POST', body: form });
  const headers = bearer(textOf(await token.json(), 'access_token'));
  demand(await ask(`${desk}/v1/users/${id}/suspension`, { method: 'PUT', headers, body: { reason } }), 200);
};

/** Makes keys of the owner's. */
const makerFor = async (world: World) => {
  const headers = bearer((await signInAs(world, PEOPLE.owner)).session);
  return async (body: Readonly<Record<string, unknown>>): Promise<Key> => {
    const made = await ask(`${world.places.desk}/v1/keys`, { headers, body });
    demand(made, 201);
    return { id: textOf(made.json, 'key_id'), key: textOf(made.json, 'key') };
  };
};

/** One request to the API by a client of a name. */
const call = async ({ places }: World, { key }: Key, client: string): Promise<void> => {
  const headers = { ...bearer(key), 'User-Agent': client };
  demand(await ask(`${places.api}/v1/items/1`, { headers }), 200);
};

import { latchkeyFor } from '../src/assemble.ts';
import type { Settings } from '../src/config.ts';
import { fieldOf, newPerson, newUserOfApp, type Person } from './person.ts';
import { PORTAL_ROUTES } from './portal-routes.ts';
import { inUse } from './secrets.ts';
import settings from './settings.ts';
import { atStytch, emulator, isolate, PROJECT, send, signIn } from './world.ts';

/** Somebody at the pages of keys: his browser, and a session that the JSON endpoints take. */
export interface Holder extends Person {
  readonly session: string;
  /** Where his pages are. */
  readonly base: string;
  /** Where the JSON of the same place is. */
  readonly api: string;
}

/** A new user who is signed in, at his own keys. */
export const newHolder = async (fetch: typeof send = send, minutes = 60) => {
  const person = await newUserOfApp(minutes, fetch);
  return { ...person, session: await signIn(person.user), base: '', api: '/v1' };
};

/** The Desk of a B2B project, in which `keymaster` manages the keys of organisations. */
export const membersDesk = (file: Partial<Settings> = {}) =>
  isolate(
    {},
    latchkeyFor({
      ...settings,
      stytch: { projectId: PROJECT, vertical: 'b2b' },
      roles: { stytch_member: ['items:read'], keymaster: ['items:read', 'items:write'] },
      desk: { organizationRoles: ['keymaster'] },
      ...file,
    }),
  );

/** A new organisation of Stytch's. */
export const newOrganization = (): string => `organization-test-${crypto.randomUUID()}`;

/** A new member who is signed in, at the keys of his organisation. */
export const newMember = async (
  { fetch }: Pick<ReturnType<typeof isolate>, 'fetch'>,
  roles: readonly string[],
  organizationId = newOrganization(),
) => {
  const [memberId, password] = [`member-test-${crypto.randomUUID()}`, 'quiet lantern paper boat'];
  const email_address = `${crypto.randomUUID()}@example.com`;
  const member = { member_id: memberId, name: 'M', email_address, password, roles };
  await emulator('POST', '/seed', {
    organizations: [
      { organization_id: organizationId, organization_slug: organizationId.slice(18), members: [member] },
    ],
  });
  const answer = await atStytch('POST', '/v1/b2b/passwords/authenticate', {
    ...{ organization_id: organizationId, email_address, password, session_duration_minutes: 60 },
  });
  const { session_token = '', session_jwt = '' } = (await answer.json()) as Record<string, string>;
  for (const secret of [session_token, session_jwt]) inUse(secret);
  const person = newPerson(fetch);
  person.cookies.set('stytch_session', session_token);
  const place = { base: '/organization', api: '/v1/organization' };
  return { ...person, ...place, session: session_jwt, token: session_token, memberId, organizationId };
};

/** Whose pages there are, besides those of operators. */
export const PLACES = {
  own: { prefix: '', newcomer: () => newHolder() },
  organization: {
    prefix: '/organization',
    newcomer: () => newMember(membersDesk(), ['stytch_member', 'keymaster']),
  },
} as const;

/** The routes of the keys of a place. */
export const routesOf = (place: keyof typeof PLACES) => {
  const { prefix } = PLACES[place];
  const isOfIt = new RegExp(`^${prefix}(?:/?$|/keys(?:/|$)|/usage$|/audit$)`);
  return PORTAL_ROUTES.filter(({ path }) => isOfIt.test(path));
};

/** A form of a page, as a browser sends it when its button is pressed. */
export interface PageForm {
  readonly action: string;
  readonly method: string;
  readonly fields: Record<string, string>;
}

const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'" },
};

/** What a text of HTML says. */
export const unescaped = (html: string): string =>
  html.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);

/** The forms of a page, with what stands in them. */
export const formsOf = async (response: Response): Promise<readonly PageForm[]> => {
  const forms: PageForm[] = [];
  let select = '';
  const last = () => forms.at(-1)?.fields ?? {};
  const at = (element: Element, name: string) => unescaped(element.getAttribute(name) ?? '');
  let textarea = '';
  await new HTMLRewriter()
    .on('form', {
      element: (form) => {
        forms.push({ action: at(form, 'action'), method: at(form, 'method'), fields: {} });
      },
    })
    .on('form input', {
      element: (input) => {
        const [name, type] = [at(input, 'name'), at(input, 'type')];
        const isOff = ['radio', 'checkbox'].includes(type) && !input.hasAttribute('checked');
        if (name !== '' && !isOff) last()[name] = at(input, 'value');
      },
    })
    .on('form select', {
      element: (element) => {
        select = at(element, 'name');
      },
    })
    .on('form option', {
      element: (option) => {
        if (option.hasAttribute('selected') || last()[select] === undefined)
          last()[select] = at(option, 'value');
      },
    })
    .on('form textarea', {
      element: (element) => {
        textarea = at(element, 'name');
        last()[textarea] = '';
      },
      text: ({ text }) => {
        last()[textarea] += unescaped(text);
      },
    })
    .transform(response.clone())
    .text();
  return forms;
};

/** The form of a page that is sent to a path; undefined fields are left out, others take the place of what stands there. */
export const formTo = async (
  response: Response,
  action: string,
  changed: Readonly<Record<string, string | undefined>> = {},
): Promise<Record<string, string>> => {
  const form = (await formsOf(response)).find((each) => each.action === action);
  if (form === undefined) throw new Error(`no form to ${action} in ${await response.clone().text()}`);
  if (form.fields.csrf !== undefined) inUse(form.fields.csrf);
  const fields = Object.entries({ ...form.fields, ...changed });
  return Object.fromEntries(fields.filter((each): each is [string, string] => each[1] !== undefined));
};

/** What a page that shows a key shows: the whole key, and the id of it. Null where it shows none. */
export const shownKey = async (response: Response) => {
  const html = await response.clone().text();
  const [, key] = /<code id="key"[^>]*>([^<]*)</.exec(html) ?? [];
  if (key === undefined) return null;
  inUse(key);
  const keyId = key.split('_').slice(0, 3).join('_');
  return { key, keyId };
};

/** The form of a new key, as it is before anything is typed, with this in it. */
export const newKeyForm = async (
  holder: Holder,
  typed: Readonly<Record<string, string | undefined>> = {},
): Promise<Record<string, string>> =>
  formTo(await holder.get(`${holder.base}/keys/new`), `${holder.base}/keys`, {
    ...{ name: 'test', 'scope.items:read': '1' },
    ...typed,
  });

/** A key that was made at the page. */
export const madeKey = async (holder: Holder, typed: Readonly<Record<string, string | undefined>> = {}) => {
  const answer = await holder.post(`${holder.base}/keys`, await newKeyForm(holder, typed));
  const shown = await shownKey(answer);
  if (shown === null) throw new Error(`no key: ${answer.status} ${await answer.text()}`);
  return { ...shown, path: `${holder.base}/keys/${shown.keyId}` };
};

/** The token of somebody's forms. */
export const csrfOf = async ({ get, base }: Holder): Promise<string> =>
  fieldOf(await get(base === '' ? '/' : base), 'csrf');

/** Of which fields a page says that something is wrong, and what: by what ties the two together. */
export const problemsIn = async (response: Response): Promise<Readonly<Record<string, string>>> => {
  const html = await response.clone().text();
  const found = [...html.matchAll(/<p class="error" id="([\w-]+)-problem">([^<]*)<\/p>/g)];
  return Object.fromEntries(
    found.map(([, name = '', text = '']) => {
      const tied = new RegExp(`aria-describedby="[^"]*\\b${name}-problem\\b[^"]*" aria-invalid="true"`);
      return [name, tied.test(html) ? unescaped(text) : 'tied to no field'];
    }),
  );
};

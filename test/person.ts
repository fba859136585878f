import { inUse } from './secrets.ts';
import { atStytch, DESK, newUser, send } from './world.ts';

type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** Somebody with a browser, as far as the portal can tell: it keeps cookies and says where a form comes from. */
export interface Person {
  /** What the browser has, by name. */
  readonly cookies: Map<string, string>;
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Response>;
  /** Sends a form as a page of the Desk does; headers take the place of the browser's own, undefined leaves one out. */
  readonly post: (
    path: string,
    form: Readonly<Record<string, string>> | string,
    headers?: Readonly<Record<string, string | undefined>>,
  ) => Promise<Response>;
}

/** A browser that was never here. */
export const newPerson = (fetch: Fetch = send): Person => {
  const cookies = new Map<string, string>();
  const visit = async (path: string, init: RequestInit & { readonly headers: Record<string, string> }) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie === '' ? {} : { cookie }), ...init.headers };
    const response = await fetch(new URL(path, DESK).href, { ...init, headers });
    for (const line of response.headers.getSetCookie()) keep(cookies, line);
    return response;
  };
  return {
    cookies,
    get: (path, headers = {}) => visit(path, { headers: { 'sec-fetch-site': 'none', ...headers } }),
    post: (path, form, headers = {}) => {
      const own = {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
        origin: DESK,
        ...headers,
      };
      const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
      const said = Object.entries(own).filter((each): each is [string, string] => each[1] !== undefined);
      return visit(path, { method: 'POST', headers: Object.fromEntries(said), body });
    },
  };
};

const keep = (cookies: Map<string, string>, line: string): void => {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  if (/; Max-Age=0(?:;|$)/.test(line)) cookies.delete(name);
  else cookies.set(name, value);
  // Whoever has one is signed in as somebody.
  if (value !== '') inUse(value);
};

/** An opaque session token of a user of Stytch, by default of a new one: what the app's sign-in leaves in the browser. */
export const stytchSession = async (
  minutes = 60,
  known?: Awaited<ReturnType<typeof newUser>>,
): Promise<{ readonly token: string; readonly userId: string }> => {
  const user = known ?? (await newUser());
  const answer = await atStytch('POST', '/v1/passwords/authenticate', {
    ...user,
    session_duration_minutes: minutes,
  });
  const { session_token, session_jwt, user_id } = (await answer.json()) as Record<string, string>;
  for (const secret of [session_token, session_jwt]) inUse(secret ?? '');
  return { token: session_token ?? '', userId: user_id ?? '' };
};

/** Somebody who is signed in at the app, and has not been at the Desk. */
export const newUserOfApp = async (minutes?: number, fetch?: Fetch) => {
  const user = await newUser();
  const session = await stytchSession(minutes, user);
  const person = newPerson(fetch);
  person.cookies.set('stytch_session', session.token);
  return { ...person, ...session, user };
};

/** What a page says, without its markup. */
export const textOf = async (response: Response): Promise<string> =>
  (await response.clone().text())
    .replaceAll(/<(style|script)[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** The value of a field of a page's form, as it is sent. The token of a session is a secret; a claim is good in its session alone. */
export const fieldOf = async (response: Response, name: string): Promise<string> => {
  const html = await response.clone().text();
  const [, value] = new RegExp(`name="${name}"[^>]*? value="([^"]*)"`).exec(html) ?? [];
  if (value === undefined) throw new Error(`no field ${name} in ${html}`);
  if (name === 'csrf') inUse(value);
  return value;
};

/** Opens the device page and a code in it; gives the page to compare, and the form that decides. */
export const openCode = async (person: Person, userCode: string) => {
  const csrf = await fieldOf(await person.get('/device'), 'csrf');
  const page = await person.post('/device', { csrf, user_code: userCode });
  if (page.status !== 200) throw new Error(`open: ${page.status} ${await textOf(page)}`);
  return { page, form: { csrf, user_code: userCode, claim: await fieldOf(page, 'claim') } };
};

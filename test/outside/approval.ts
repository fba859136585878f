import type { User } from '../../demo/world.ts';
import type { Places } from '../../tools/dev/places.ts';

/** What a user sees and does with a device's code, in a browser that is no more than cookies and forms. */
export interface Approval {
  /** The page on which he compares, as HTML. */
  readonly page: string;
  /** Presses one of its two buttons; the path that it leads to. */
  readonly decide: (decision: 'approve' | 'deny') => Promise<string>;
}

/** Opens the page of a code as a user who is signed in at the app, up to the comparison. */
export const openApproval = async ({ desk }: Places, user: User, address: string): Promise<Approval> => {
  const cookies = new Map([['stytch_session', user.sessionToken]]);

  const visit = async (url: string, form?: Readonly<Record<string, string>>): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const init = form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) };
    const headers = { cookie, 'sec-fetch-site': form === undefined ? 'none' : 'same-origin' };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    return response;
  };

  const form = fieldsOf(await pageOf(await visit(address)));
  const page = await pageOf(await visit(`${desk}/device`, form));
  return {
    page,
    decide: async (decision) => {
      const decided = await visit(`${desk}/device/decision`, { ...fieldsOf(page), decision });
      if (decided.status !== 303) throw new Error(`the decision is answered by ${decided.status}`);
      return decided.headers.get('location') ?? '';
    },
  };
};

const pageOf = async (response: Response): Promise<string> => {
  const page = await response.text();
  if (response.status !== 200) throw new Error(`the page is ${response.status}: ${page}`);
  return page;
};

/** The fields of the form on a page, as they stand there. */
const fieldsOf = (page: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...page.matchAll(/<input\b[^>]*>/g)].map(([input]) => [
      attribute(input, 'name'),
      attribute(input, 'value'),
    ]),
  );

const attribute = (tag: string, name: string): string =>
  new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '';

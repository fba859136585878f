import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { authenticateMemberPassword } from './b2b-endpoints.ts';
import type { Call } from './endpoint.ts';
import type { JsonObject } from './json.ts';
import { mayReturn } from './origins.ts';
import { authenticatePassword } from './passwords-endpoints.ts';
import type { Project } from './project.ts';
import { readSwitches } from './switches.ts';

const MINUTES = 720;

/** A sign-in page for development, in place of the one that an app builds with Stytch's browser SDK. */
export const loginPage = (project: Project): Hono => {
  const pages = new Hono();
  pages.get('/login', (context) => {
    const returnTo = context.req.query('return_to') ?? '';
    const organization = context.req.query('organization') ?? '';
    if (!mayReturn(project, returnTo)) return context.html(page('Not there', NOT_THERE), 400);
    return context.html(page('Sign in', form(returnTo, organization, '', null)));
  });
  pages.post('/login', async (context) => await signIn(project, context));
  return pages;
};

const NOT_THERE = html`<p>This page returns to loopback addresses and to RETURN_ORIGINS alone.</p>`;

const signIn = async (project: Project, context: Context): Promise<Response> => {
  const fields = new URLSearchParams(await context.req.text());
  const field = (name: string): string => fields.get(name) ?? '';
  const returnTo = field('return_to');
  const organization = field('organization');
  if (!mayReturn(project, returnTo)) return context.html(page('Not there', NOT_THERE), 400);
  const credentials = { password: field('password'), session_duration_minutes: MINUTES };
  const call = callOf(project, context, {
    ...credentials,
    ...{ email: field('email'), email_address: field('email'), organization_id: organization },
  });
  const result = await (organization === '' ? authenticatePassword(call) : authenticateMemberPassword(call));
  if (result.kind !== 'success') {
    const problem = result.kind === 'refusal' ? result.message : result.description;
    return context.html(page('Sign in', form(returnTo, organization, field('email'), problem)), 401);
  }
  return await welcome(
    context,
    returnTo,
    String(result.payload.session_token),
    String(result.payload.session_jwt),
  );
};

/** The cookies of Stytch's browser SDKs; the browser gives them to every port of this host. */
const welcome = (context: Context, returnTo: string, token: string, jwt: string) => {
  const attributes = `Path=/; SameSite=Lax; Max-Age=${MINUTES * 60}`;
  context.header('set-cookie', `stytch_session=${token}; ${attributes}`, { append: true });
  context.header('set-cookie', `stytch_session_jwt=${jwt}; ${attributes}`, { append: true });
  if (returnTo !== '') return context.redirect(returnTo, 303);
  const shown = html`<p>Session JWT, good for five minutes:</p><textarea readonly rows="12" cols="80">${jwt}</textarea>
    <p>Session token:</p><textarea readonly rows="1" cols="80">${token}</textarea>`;
  return context.html(page('Signed in', shown));
};

const callOf = (project: Project, context: Context, body: JsonObject): Call => {
  const url = new URL(context.req.url);
  const nothing = { params: {}, query: new URLSearchParams(), text: '', tokenFault: null };
  const { headers } = context.req.raw;
  return { ...nothing, project, switches: readSwitches(project), headers, body, origin: url.origin };
};

type Markup = ReturnType<typeof html>;

const form = (returnTo: string, organization: string, email: string, problem: string | null): Markup => html`
  ${problem === null ? '' : html`<p role="alert"><strong>${problem}</strong></p>`}
  <form method="post" action="/_emulator/login">
    <input type="hidden" name="return_to" value="${returnTo}">
    <p><label>E-mail <input type="email" name="email" value="${email}" required autocomplete="username"></label></p>
    <p><label>Password <input type="password" name="password" required autocomplete="current-password"></label></p>
    <p><label>Organization (id or slug, for members)
      <input name="organization" value="${organization}"></label></p>
    <p><button>Sign in</button></p>
  </form>
  <p>This is an emulator of Stytch for development. No account here is real.</p>`;

const page = (title: string, content: Markup): Markup => html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}*{box-sizing:border-box}textarea,input{max-width:100%}</style>
</head>
<body><main><h1>${title}</h1>${content}</main></body>
</html>`;

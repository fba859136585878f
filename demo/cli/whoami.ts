import type { Command } from './args.ts';
import { done, failed, type Outcome } from './outcome.ts';
import { request } from './request.ts';
import { loginFor, NOT_GOOD } from './session.ts';
import { shown, type Terminal } from './terminal.ts';

type WhoamiCommand = Extract<Command, { readonly name: 'whoami' | 'status' }>;

/** Tells who the key's owner is, in the server's words. */
export const whoami = async (
  { api }: WhoamiCommand,
  file: string,
  { write }: Terminal,
): Promise<Outcome<null>> => {
  const login = loginFor(file, api);
  if (!login.ok) return login;
  const url = new URL('/v1/whoami', login.value.issuer);
  const answer = await request(login.value, url, { method: 'GET', body: null });
  if (!answer.ok) return answer;
  if (answer.value.status === 401) return failed(NOT_GOOD);
  if (!answer.value.ok) return failed(`${url.origin} could not say (${answer.value.status}).`);
  const who: Readonly<Record<string, unknown>> = Object(await answer.value.json());
  for (const name of ['user_id', 'organization_id', 'key_id', 'scopes']) {
    const value = who[name] ?? null;
    if (value !== null) write(`${name.padEnd(15)} ${shown([value].flat().join(' '))}\n`);
  }
  return done(null);
};

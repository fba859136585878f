import { text } from 'node:stream/consumers';
import type { Command } from './args.ts';
import { done, EXIT, failed, type Outcome } from './outcome.ts';
import { request } from './request.ts';
import { loginFor, NOT_GOOD } from './session.ts';
import { shown, type Terminal } from './terminal.ts';

type CallCommand = Extract<Command, { readonly name: 'call' }>;

/** Asks the API something, and shows what it answers. */
export const call = async (
  { api, path, method, data }: CallCommand,
  file: string,
  { say, write }: Terminal,
): Promise<Outcome<null>> => {
  const login = loginFor(file, api);
  if (!login.ok) return login;
  // Put behind the origin, a path cannot name another host, whatever it begins with.
  const url = new URL(login.value.api + path);
  if (url.origin !== login.value.api) return failed('This path leads elsewhere.', EXIT.misused);
  const body = data === '-' ? await text(process.stdin) : data;
  const answer = await request(login.value, url, { method, body });
  if (!answer.ok) return answer;
  const { status, statusText } = answer.value;
  say(shown(`${status} ${statusText}`.trim()));
  const answered = await answer.value.text();
  write(answered === '' || answered.endsWith('\n') ? answered : `${answered}\n`);
  return status < 400 ? done(null) : failed(hintFor(status));
};

const hintFor = (status: number): string => {
  if (status === 401) return NOT_GOOD;
  if (status === 403) return 'The key may not do this.';
  return 'The API did not do it.';
};

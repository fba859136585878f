import type { Command } from './args.ts';
import { done, type Outcome } from './outcome.ts';
import { loginFor } from './session.ts';
import { shown, type Terminal } from './terminal.ts';

type StatusCommand = Extract<Command, { readonly name: 'whoami' | 'status' }>;

/** Tells what this machine knows by itself. Whether the key is still good, `whoami` asks. */
export const status = ({ api }: StatusCommand, file: string, { write }: Terminal): Outcome<null> => {
  const login = loginFor(file, api);
  if (!login.ok) return login;
  const { keyId, deviceName, scope, issuer, loggedInAt } = login.value;
  const entries = {
    api: login.value.api,
    issuer,
    key_id: keyId,
    name: deviceName,
    scope,
    since: loggedInAt,
    file,
  };
  for (const [name, value] of Object.entries(entries)) write(`${name.padEnd(15)} ${shown(value)}\n`);
  return done(null);
};

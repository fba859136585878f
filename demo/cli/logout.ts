import type { Command } from './args.ts';
import { discoverEndpoints } from './discovery.ts';
import { done, failed, type Outcome } from './outcome.ts';
import { revoke } from './revoke.ts';
import { loginFor } from './session.ts';
import { forgetLogin, type Login } from './store.ts';
import type { Terminal } from './terminal.ts';

type LogoutCommand = Extract<Command, { readonly name: 'logout' }>;

/** Ends the key at the server it came from, then forgets it: in this order, so that none lives that nobody can end. */
export const logout = async (
  { api, force }: LogoutCommand,
  file: string,
  { say }: Terminal,
): Promise<Outcome<null>> => {
  const login = loginFor(file, api);
  if (!login.ok) return login;
  const revoked = await revokeAtIssuer(login.value);
  const { keyId } = login.value;
  if (!revoked.ok && !force)
    return failed(
      `The key ${keyId} could not be revoked, and is kept: ${revoked.problem} Try again, or forget it with --force.`,
    );
  const forgotten = forgetLogin(file);
  if (!forgotten.ok) return forgotten;
  if (revoked.ok) say(`Logged out. The key ${keyId} is revoked: within seconds it opens nothing.`);
  else
    say(
      `Logged out, but the key ${keyId} could not be revoked: ${revoked.problem} It lives until you revoke it in your list of keys.`,
    );
  return done(null);
};

const revokeAtIssuer = async ({ issuer, key }: Login): Promise<Outcome<null>> => {
  const config = await discoverEndpoints(issuer);
  return config.ok ? revoke(config.value, key) : config;
};

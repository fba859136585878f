import {
  type Configuration,
  type DeviceAuthorizationResponse,
  initiateDeviceAuthorization,
  type TokenEndpointResponse,
} from 'openid-client';
import type { Command } from './args.ts';
import { discoverServer } from './discovery.ts';
import { explain } from './explain.ts';
import { done, EXIT, type Failure, failed, type Outcome } from './outcome.ts';
import { poll } from './polling.ts';
import { revoke } from './revoke.ts';
import { isKey, type Login, prepare, readLogin, saveLogin } from './store.ts';
import { shown, type Terminal, whenInterrupted } from './terminal.ts';

type LoginCommand = Extract<Command, { readonly name: 'login' }>;

/** Lets this machine in by the device authorization grant (RFC 8628). */
export const login = async (
  command: LoginCommand,
  file: string,
  terminal: Terminal,
): Promise<Outcome<null>> => {
  const before = readLogin(file);
  if (!before.ok) return before;
  // A second key would take the place of the first, which nobody could end from here any more.
  if (before.value !== null) return failed(`You are logged in to ${before.value.api} already. First: logout`);
  const ready = prepare(file);
  if (!ready.ok) return ready;
  const begun = await Promise.race([begin(command), whenInterrupted(terminal, ENDED)]);
  if (!begun.ok) return begun;
  const { config, asked } = begun.value;
  instruct(asked, terminal);
  const answer = await wait(config, asked, terminal);
  if (!answer.ok) return answer;
  const made = loginOf(command, config, answer.value);
  if (!made.ok) return made;
  if (terminal.interrupted.aborted) return takeBack(config, made.value, INTERRUPTED);
  const saved = saveLogin(file, made.value);
  if (!saved.ok) return takeBack(config, made.value, saved);
  const { keyId, deviceName, scope } = made.value;
  terminal.say(`Logged in. Its key is ${keyId}, named after "${shown(deviceName)}". It may: ${scope}`);
  terminal.say(`It is in ${file}, for you alone. End it with: logout`);
  return done(null);
};

const ENDED = 'Ended. This machine is not logged in.';
const INTERRUPTED = failed(ENDED, EXIT.interrupted);

/** A login under way. */
interface Begun {
  readonly config: Configuration;
  readonly asked: DeviceAuthorizationResponse;
}

const begin = async ({ api, deviceName, scope }: LoginCommand): Promise<Outcome<Begun>> => {
  const discovered = await discoverServer(api);
  if (!discovered.ok) return discovered;
  const config = discovered.value;
  if (config.serverMetadata().device_authorization_endpoint === undefined)
    return failed(`${api} lets no command line in by a code.`);
  try {
    const parameters = { device_name: deviceName, ...(scope === null ? {} : { scope }) };
    return done({ config, asked: await initiateDeviceAuthorization(config, parameters) });
  } catch (error) {
    return failed(`No code could be had: ${explain(error)}`);
  }
};

/** RFC 8628 §3.3: page and code; and §5.4: what the user has to compare, because a code can be somebody else's. */
const instruct = (asked: DeviceAuthorizationResponse, { say }: Terminal): void => {
  say('Open this page in a browser, on this machine or any other, and type the code:');
  say('');
  say(`  ${shown(asked.verification_uri)}`);
  say(`  ${shown(asked.user_code)}`);
  say('');
  if (asked.verification_uri_complete !== undefined) {
    say('Or open this one, and compare the code:');
    say('');
    say(`  ${shown(asked.verification_uri_complete)}`);
    say('');
  }
  const minutes = Math.max(1, Math.round(asked.expires_in / 60));
  say(`Waiting for you to approve it there. The code ends in ${minutes} minutes; Ctrl-C ends it now.`);
};

const wait = async (
  config: Configuration,
  asked: DeviceAuthorizationResponse,
  terminal: Terminal,
): Promise<Outcome<TokenEndpointResponse>> => {
  void whenInterrupted(terminal, ENDED).then(() => terminal.say('Ending …'));
  try {
    const answer = await poll(config, asked, terminal.interrupted);
    return answer === null ? INTERRUPTED : done(answer);
  } catch (error) {
    return failed(`Not logged in: ${explain(error)}`);
  }
};

const loginOf = (
  { api, deviceName }: LoginCommand,
  config: Configuration,
  { access_token: key, scope = '', key_id: keyId }: TokenEndpointResponse,
): Outcome<Login> => {
  if (!isKey(key) || typeof keyId !== 'string') return failed('The answer holds no key that could be kept.');
  const { issuer } = config.serverMetadata();
  return done({ api, issuer, keyId, key, scope, deviceName, loggedInAt: new Date().toISOString() });
};

/** A key that nobody keeps must not live on. */
const takeBack = async (config: Configuration, { key, keyId }: Login, why: Failure): Promise<Failure> => {
  const revoked = await revoke(config, key);
  if (revoked.ok) return why;
  return failed(
    `${why.problem} Its key ${keyId} was made already, and lives until you revoke it: ${revoked.problem}`,
    why.exitCode,
  );
};

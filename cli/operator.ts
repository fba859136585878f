import { err, ok, type Result } from '../src/model/refusal.ts';
import type { World } from './command.ts';
import { isHere } from './here.ts';
import { fetchedTokens, givenToken, type TokenSource, tokenInFile } from './token.ts';

const text = { type: 'string' } as const;

/** Where the Desk is, and who asks it: what every command for operators takes. */
export const OPERATOR_OPTIONS = {
  desk: text,
  'token-file': text,
  'client-id': text,
  'token-url': text,
} as const;

/** What `--help` says of them. */
export const OPERATOR_HELP = `  --desk          where the Desk is: https://keys.acme.com; without it, LATCHKEY_DESK of the environment
  --token-file    a file with an operator's token in its first line; without it, LATCHKEY_OPERATOR_TOKEN of the environment
  --client-id     an operator's client, whose tokens are fetched as they are needed. Its secret is LATCHKEY_OPERATOR_SECRET
                  of the environment
  --token-url     Stytch's token endpoint: https://api.stytch.com/v1/public/PROJECT_ID/oauth2/token`;

type Values = { readonly [name in keyof typeof OPERATOR_OPTIONS]?: string | undefined };

/** The Desk as an operator reaches it. */
export interface DeskAccess {
  /** Its URL, without a slash at the end. */
  readonly desk: string;
  readonly tokens: TokenSource;
}

/** Reads where the Desk is and where an operator's token comes from; nobody is asked yet. */
export const deskAccess = (values: Values, env: World['env']): Result<DeskAccess, string> => {
  const desk = deskUrl(values, env);
  if (!desk.ok) return desk;
  const tokens = tokensOf(values, env);
  return tokens.ok ? ok({ desk: desk.value, tokens: tokens.value }) : tokens;
};

/** Where the Desk is, for a call that sends nothing to it, too. */
export const deskUrl = ({ desk }: Values, env: World['env']): Result<string, string> => {
  const said = desk ?? env.LATCHKEY_DESK ?? '';
  if (said === '') return err('Say --desk, or set LATCHKEY_DESK.');
  const url = baseUrl(said);
  return url === null ? err('--desk must be https://…, or http on this machine, without a path.') : ok(url);
};

const tokensOf = (values: Values, env: World['env']): Result<TokenSource, string> => {
  const { 'token-file': file, 'client-id': clientId, 'token-url': url } = values;
  if (file !== undefined) return ok(givenToken(tokenInFile(file)));
  if (clientId === undefined && url === undefined) {
    const token = env.LATCHKEY_OPERATOR_TOKEN ?? '';
    if (token === '') return err('Say --token-file or --client-id, or set LATCHKEY_OPERATOR_TOKEN.');
    return ok(givenToken(() => ok(token)));
  }
  const secret = env.LATCHKEY_OPERATOR_SECRET ?? '';
  if (clientId === undefined || url === undefined || secret === '')
    return err('--client-id needs --token-url, and LATCHKEY_OPERATOR_SECRET in the environment.');
  if (!isSafe(url)) return err('--token-url must be https://…, or http on this machine.');
  return ok(fetchedTokens(url, clientId, secret));
};

/** A URL to which a secret may go: over TLS, or to this machine. */
const isSafe = (url: string): boolean => {
  if (!URL.canParse(url)) return false;
  const to = new URL(url);
  const isPrivate = to.protocol === 'https:' || (to.protocol === 'http:' && isHere(to));
  return to.username === '' && to.password === '' && isPrivate;
};

const baseUrl = (url: string): string | null => {
  if (!isSafe(url)) return null;
  const { origin, pathname, search, hash } = new URL(url);
  return pathname === '/' && search === '' && hash === '' ? origin : null;
};

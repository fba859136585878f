import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { done, failed, type Outcome } from './outcome.ts';

/** A login: the key, and whom it may be shown to. */
export interface Login {
  /** The API that it is for, and the authorization server that it is from. It goes nowhere else. */
  readonly api: string;
  readonly issuer: string;
  readonly keyId: string;
  readonly key: string;
  readonly scope: string;
  readonly deviceName: string;
  /** RFC 3339. */
  readonly loggedInAt: string;
}

/** For their owner alone. */
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
/** Group and others. */
const OTHERS = 0o077;

type Environment = Readonly<Record<string, string | undefined>>;

/** Where it is kept. XDG Base Directory Specification: a path that is not absolute is to be ignored. */
export const fileOf = ({ XDG_CONFIG_HOME: config = '' }: Environment): string =>
  join(isAbsolute(config) ? config : join(homedir(), '.config'), 'acme-cli', 'credentials.json');

/** Who is logged in; null for nobody. A file that others can read, or that somebody else wrote, is not believed. */
export const readLogin = (file: string): Outcome<Login | null> => {
  try {
    // What is looked at is what is read: no link is followed, and nobody can swap it in between.
    const opened = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { mode, uid } = fstatSync(opened);
      if (uid !== process.getuid?.()) return failed(`${file} is not yours. Remove it.`);
      if ((mode & OTHERS) !== 0)
        return failed(
          `Others on this machine can get at ${file}. Revoke its key in your list of keys, remove the file and log in again.`,
        );
      const login = parse(readFileSync(opened, 'utf8'));
      return login === null ? failed(`${file} is damaged. Remove it and log in again.`) : done(login);
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' ? done(null) : failed(`${file} cannot be read (${code}).`);
  }
};

/** Makes the folder ready, before there is a key that would have nowhere to go. */
export const prepare = (file: string): Outcome<null> => {
  const folder = dirname(file);
  try {
    mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
    // It may have been there before us.
    chmodSync(folder, PRIVATE_FOLDER);
    return done(null);
  } catch (error) {
    return failed(`${folder} cannot be made ready (${codeOf(error)}).`);
  }
};

/**
 * Writes a login whole or not at all: beside its place, for us alone from the first byte, then into it. Not over another:
 * of two logins at once, the one that is late would make the other's key one that nobody can end.
 */
export const saveLogin = (file: string, login: Login): Outcome<null> => {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const opened = openSync(draft, 'wx', PRIVATE_FILE);
    try {
      writeFileSync(opened, `${JSON.stringify({ version: 1, ...login }, null, 2)}\n`);
      fsyncSync(opened);
    } finally {
      closeSync(opened);
    }
    linkSync(draft, file);
    return done(null);
  } catch (error) {
    return failed(`${file} cannot be written (${codeOf(error)}).`);
  } finally {
    rmSync(draft, { force: true });
  }
};

export const forgetLogin = (file: string): Outcome<null> => {
  try {
    rmSync(file, { force: true });
    return done(null);
  } catch (error) {
    return failed(`${file} cannot be removed (${codeOf(error)}).`);
  }
};

/** RFC 6750 §2.1, b64token: what can stand in a header, and in an error about one cannot surprise. */
export const isKey = (text: string): boolean => /^[\w.~+/-]{1,1024}=*$/.test(text);

const FIELDS = ['api', 'issuer', 'keyId', 'key', 'scope', 'deviceName', 'loggedInAt'] as const;

const parse = (text: string): Login | null => {
  try {
    const json: Readonly<Record<string, unknown>> = Object(JSON.parse(text));
    const isWhole = json.version === 1 && FIELDS.every((name) => typeof json[name] === 'string');
    return isWhole && isKey(String(json.key)) ? (json as unknown as Login) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

/** What the system says is wrong. Its message is not shown: it could hold what was to be written. */
const codeOf = (error: unknown): string => {
  if (error instanceof Error && 'code' in error) return String(error.code);
  throw error;
};

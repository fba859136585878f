import { bytesToNumber, type RandomBytes, randomBase62, toBase62 } from './base62.ts';
import { equalInConstantTime, framed, sha256, toBase64url, utf8 } from './bytes.ts';
import type { Keychain, MasterKey } from './keychain.ts';

/** How long codes are good, and how often may be asked at first (RFC 8628 §3.2); seconds. */
export const DEVICE_CODE_SECONDS = 600;
export const DEVICE_INTERVAL_SECONDS = 5;

/** RFC 8628 §6.1: consonants that nobody takes for one another, and that make no word; 20 of them, 34.5 bits in eight. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const USER_CODE_LENGTH = 8;
const USER_CODE = new RegExp(`^[${LETTERS}]{${USER_CODE_LENGTH}}$`);

/** 256 bits, in base62. */
const SECRET_LENGTH = 43;
const TAG_LENGTH = 11;
const DEVICE_CODE = new RegExp(`^([${LETTERS}]{${USER_CODE_LENGTH}})[0-9A-Za-z]{${SECRET_LENGTH}}$`);

/** A new user code, without its dash. */
export const mintUserCode = (randomBytes: RandomBytes): string => {
  let code = '';
  while (code.length < USER_CODE_LENGTH) {
    for (const byte of randomBytes(USER_CODE_LENGTH * 2)) {
      // 240 is the last multiple of twenty in a byte: every letter is as likely.
      if (byte < 240 && code.length < USER_CODE_LENGTH) code += LETTERS.charAt(byte % LETTERS.length);
    }
  }
  return code;
};

/** A user code as somebody types it: in any case, with dashes and spaces or without (RFC 8628 §6.1). Null for what is none. */
export const readUserCode = (text: string): string | null => {
  if (text.length > 64) return null;
  // In this order: in upper case, what is none of these letters may become two that are.
  const code = text.replaceAll(/[^A-Za-z0-9]/g, '').toUpperCase();
  return USER_CODE.test(code) ? code : null;
};

/** A user code as it is shown. */
export const showUserCode = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;

/** The name of the Lobby where a device waits. The Lobby itself is not told it. */
export const lobbyOfUserCode = (code: string): string => `device ${code}`;

/** Where a user code is known by, in a table that does not know the code: one name for each master key, the newest first. */
export const namesOfUserCode = (
  code: string,
  project: string,
  { all }: Keychain,
): Promise<readonly string[]> =>
  Promise.all(
    all.map(async (master) => {
      const mac = await crypto.subtle.sign('HMAC', master.codeKey, framed('user_code', project, code));
      return toBase64url(new Uint8Array(mac));
    }),
  );

/**
 * A new device code for a user code: that, which says where to ask, 256 random bits, and a keyed tag, so that one that was
 * made up costs no I/O (DESIGN: promise 5).
 */
export const mintDeviceCode = async (
  userCode: string,
  project: string,
  { current }: Keychain,
  randomBytes: RandomBytes,
): Promise<string> => {
  const code = userCode + randomBase62(SECRET_LENGTH, randomBytes);
  return code + (await tagOf(code, project, current));
};

/** The user code of a device code of ours; null for one that we did not make. */
export const userCodeOf = async (
  deviceCode: string,
  project: string,
  { all }: Keychain,
): Promise<string | null> => {
  const code = deviceCode.slice(0, -TAG_LENGTH);
  const [, userCode] = DEVICE_CODE.exec(code) ?? [];
  if (userCode === undefined) return null;
  let isOurs = false;
  for (const master of all) {
    if (equalInConstantTime(await tagOf(code, project, master), deviceCode.slice(-TAG_LENGTH))) isOurs = true;
  }
  return isOurs ? userCode : null;
};

const tagOf = async (code: string, project: string, master: MasterKey): Promise<string> => {
  const mac = await crypto.subtle.sign('HMAC', master.codeKey, framed('device_code', project, code));
  return toBase62(bytesToNumber(new Uint8Array(mac, 0, 8)), TAG_LENGTH);
};

/** What a device code is written down as. It has 256 random bits: nobody finds it by trying. */
export const hashOfDeviceCode = (deviceCode: string): Promise<string> => sha256(utf8(deviceCode));

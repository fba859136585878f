/**
 * Something that must never reach a log, an error, a URL or a store. It prints as `[secret]` however it is
 * printed; `reveal()` is called only where the credential is checked, sealed or sent to Stytch.
 */
export interface Secret {
  reveal(): string;
}

const HIDDEN = '[secret]';
const hide = (): string => HIDDEN;

/** What `console.log` asks for, in Node and on Workers. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

export const secret = (value: string): Secret => {
  const hidden = { reveal: () => value, toString: hide, toJSON: hide, [INSPECT]: hide };
  return hidden;
};

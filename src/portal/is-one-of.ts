/** Whether a text is one of the names of these. What every object has besides is none of them. */
export const isOneOf = <T extends object>(choices: T, text: string): text is Extract<keyof T, string> =>
  Object.hasOwn(choices, text);

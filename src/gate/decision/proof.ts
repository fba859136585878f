import { equalInConstantTime } from '../../model/bytes.ts';

/** Whether what a proxy sent is the secret, or one of the two while it is changed: no other can ask. */
export const createProof = (secrets: readonly string[]): ((presented: string | null) => boolean) => {
  if (secrets.length === 0) throw new TypeError('a proxy proves itself by a secret');
  // All are compared, so that the time does not tell which of them it was.
  return (presented) =>
    presented !== null && secrets.filter((each) => equalInConstantTime(each, presented)).length > 0;
};

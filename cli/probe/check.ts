import type { Answer, Ask } from './ask.ts';

/** One API host, and what is known of the Latchkey behind it. */
export interface Place {
  readonly ask: Ask;
  readonly api: URL;
  /** A path there that asks for a credential. */
  readonly path: string;
  /** A path there that asks for none. */
  readonly open: string | null;
  readonly desk: URL | null;
  readonly origin: URL | null;
  readonly elsewhere: URL | null;
  readonly hasKey: boolean;
  readonly mayAskMuch: boolean;
}

/** What a check may need that not everybody gives. */
export type Need = 'a key' | 'the Desk' | '--origin' | '--elsewhere' | '--yes' | 'https';

/** What one answer says. */
export interface Finding {
  readonly answer: Answer;
  /** What is wrong with it; null if nothing is. */
  readonly problem: string | null;
  /** Worth a word, though nothing is wrong. */
  readonly note?: string;
  /** Says nothing: why it could not be seen here. */
  readonly unseen?: string;
}

export interface Check {
  /** `group.name`. */
  readonly id: string;
  /** What holds. */
  readonly says: string;
  /** Of SECURITY.md section 1. */
  readonly row: string;
  /** What to do where it does not hold. */
  readonly advice: string;
  readonly needs?: readonly Need[];
  readonly run: (place: Place) => Promise<readonly Finding[]>;
}

export const fine = (answer: Answer, note?: string): Finding => ({
  answer,
  problem: null,
  ...(note === undefined ? {} : { note }),
});

export const wrong = (answer: Answer, problem: string): Finding => ({ answer, problem });

/** Fine if there is no problem. */
export const judged = (answer: Answer, problem: string | null | false): Finding =>
  problem ? wrong(answer, problem) : fine(answer);

/** What cannot be seen with a key that is not let in; null with one that is. */
export const keptOut = (answer: Answer): Finding | null =>
  answer.code === null
    ? null
    : { ...fine(answer), unseen: `the key is not let in at --path: ${answer.came}` };

/** Asks for each thing in turn, one after the other, and judges each. */
export const forEach = async <T>(
  things: readonly T[],
  judge: (thing: T) => Promise<Finding>,
): Promise<readonly Finding[]> => {
  const findings: Finding[] = [];
  for (const thing of things) findings.push(await judge(thing));
  return findings;
};

/** Whether nothing was served: a refusal of Latchkey's, or of what stands before it. No answer at all is none, too. */
export const isRefused = ({ status }: Answer): boolean => status === null || (status >= 400 && status < 600);

/** Of whom a refusal is: Cloudflare's edge turns some away itself, and the Worker is not asked. */
export const byWhom = (answer: Answer): string | undefined =>
  answer.code === null ? 'refused before Latchkey was asked' : undefined;

/** Refused with one of these statuses by Latchkey, or with any by what stands before it. */
export const refusedWith = (answer: Answer, statuses: readonly number[]): Finding => {
  const wanted = statuses.join(' or ');
  if (!isRefused(answer)) return wrong(answer, `was not refused; ${wanted} is right`);
  if (answer.code !== null && !statuses.includes(answer.status ?? 0))
    return wrong(answer, `${wanted} is right`);
  // An origin's refusal is no refusal of the edge's.
  if (
    answer.code === null &&
    (answer.status === 401 || answer.status === 403) &&
    answer.header('x-latchkey-source')
  )
    return wrong(answer, 'the origin answered');
  return fine(answer, byWhom(answer));
};

/** An id that nobody uses, in each run another. */
export const unknown = (): string => `probe-${Math.random().toString(36).slice(2, 12)}`;

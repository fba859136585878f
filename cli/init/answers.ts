import { environmentOf, readSettings } from '../../src/config/read.ts';
import { isRecord } from '../../src/config/variables.ts';

/** What an operator is asked. */
export interface Answers {
  readonly vertical: 'consumer' | 'b2b';
  readonly projectId: string;
  readonly apiHosts: readonly string[];
  readonly deskHost: string;
  readonly originUrl: string;
  readonly brand: string;
  readonly originId: string;
}

export type AnswerName = keyof Answers;

/** One question: its option, its words, and the setting that it answers. */
export interface Question {
  readonly name: AnswerName;
  readonly option: string;
  readonly message: string;
  readonly path: readonly [string, ...string[]];
}

/** In the order in which they are asked: what a later one is judged by comes before it. */
export const QUESTIONS: readonly Question[] = [
  {
    ...{ name: 'vertical', option: 'vertical', path: ['stytch', 'vertical'] },
    message: 'Who signs in with Stytch?',
  },
  {
    ...{ name: 'projectId', option: 'project-id', path: ['stytch', 'projectId'] },
    message: "The Stytch project's id (dashboard, Project overview): project-test-… or project-live-…",
  },
  {
    ...{ name: 'apiHosts', option: 'api-host', path: ['hosts', 'api'] },
    message: 'The host that API clients call, such as api.acme.com; several with commas',
  },
  {
    ...{ name: 'deskHost', option: 'desk-host', path: ['hosts', 'desk'] },
    message: 'The host of key management and portal, such as keys.acme.com',
  },
  {
    ...{ name: 'originUrl', option: 'origin-url', path: ['origin', 'url'] },
    message: 'Where your API runs now, such as https://origin.acme.com',
  },
  {
    ...{ name: 'brand', option: 'brand', path: ['brand'] },
    message: 'The first word of every key (acme makes acme_live_…)',
  },
  {
    ...{ name: 'originId', option: 'origin-id', path: ['origin', 'id'] },
    message: 'The name of your API in what Latchkey signs for it (the audience)',
  },
];

/** An answer as it is typed, as what it means. */
export const readAnswer = (name: AnswerName, text: string): Partial<Answers> => ({
  [name]: name === 'apiHosts' ? text.split(',').map((host) => host.trim()) : text.trim(),
});

/** An answer as one types it. */
export const typed = (name: AnswerName, answers: Partial<Answers>): string | undefined => {
  const answer = answers[name];
  return typeof answer === 'string' || answer === undefined ? answer : answer.join(',');
};

/** What is wrong with the last answer, in the words of the configuration's own checks; undefined if nothing is. */
export const problemOf = (answers: Partial<Answers>): string | undefined => {
  const settings = judgeable(answers);
  const asked = QUESTIONS.filter(({ name }) => answers[name] !== undefined);
  const { problems } = readSettings(settings, environmentOf(settings));
  return problems.find((problem) =>
    asked.some(({ path }) => path.every((part, i) => problem.path[i] === part)),
  )?.message;
};

/** What was not asked yet must not keep a section from being judged. */
const judgeable = (answers: Partial<Answers>): Readonly<Record<string, unknown>> =>
  withAnswers({ stytch: { vertical: 'consumer' }, hosts: {}, origin: { id: 'origin' } }, answers);

/** Settings with the answers in them. */
export const withAnswers = (
  settings: Readonly<Record<string, unknown>>,
  answers: Partial<Answers>,
): Readonly<Record<string, unknown>> =>
  QUESTIONS.reduce(
    (all, { name, path }) => (answers[name] === undefined ? all : put(all, path, answers[name])),
    settings,
  );

const put = (
  settings: Readonly<Record<string, unknown>>,
  [first, ...rest]: Question['path'],
  value: unknown,
): Readonly<Record<string, unknown>> => {
  const [next, ...others] = rest;
  const inner = settings[first];
  return {
    ...settings,
    [first]: next === undefined ? value : put(isRecord(inner) ? inner : {}, [next, ...others], value),
  };
};

/** The answers that a file gives already: those of its settings that have the right form. */
export const answersIn = (settings: unknown): Partial<Answers> => {
  const at = (path: readonly string[]): unknown =>
    path.reduce<unknown>((value, part) => (isRecord(value) ? value[part] : undefined), settings);
  let answers: Partial<Answers> = {};
  for (const { name, path } of QUESTIONS) {
    const value = at(path);
    const more = { ...answers, [name]: value };
    const hasForm = name === 'apiHosts' ? isTexts(value) : typeof value === 'string';
    if (hasForm && problemOf(more) === undefined) answers = more;
  }
  return answers;
};

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

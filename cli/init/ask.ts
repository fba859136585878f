import { err, ok, type Result } from '../../src/model/refusal.ts';
import type { Person } from '../terminal.ts';
import {
  type AnswerName,
  type Answers,
  problemOf,
  QUESTIONS,
  type Question,
  readAnswer,
  typed,
} from './answers.ts';

/**
 * All answers: given ones are judged, the others are what there was before or, where somebody is there, asked for. The
 * refusal names everything that is wrong or missing.
 */
export const gather = async (
  given: Readonly<Record<string, string | undefined>>,
  before: Partial<Answers>,
  person: Person | null,
): Promise<Result<Answers, readonly string[]>> => {
  const problems: string[] = [];
  let answers: Partial<Answers> = {};
  for (const question of QUESTIONS) {
    const { name, option } = question;
    const option_ = given[option];
    const initial = typed(name, before) ?? proposal(name, answers);
    const text = option_ ?? (person === null ? initial : await ask(person, question, initial, answers));
    if (text === null) return err([]);
    if (text === undefined) {
      problems.push(`--${option}: is missing: ${question.message}`);
      continue;
    }
    const next = { ...answers, ...readAnswer(name, text) };
    const problem = problemOf(next);
    if (problem === undefined) answers = next;
    else problems.push(`--${option}: ${problem}`);
  }
  return problems.length === 0 ? ok(answers as Answers) : err(problems);
};

/** What there is to propose where nothing is known. */
const proposal = (name: AnswerName, { brand }: Partial<Answers>): string | undefined =>
  name === 'originId' && brand !== undefined ? `${brand}-api` : undefined;

/** Null where he ended it. */
const ask = async (
  person: Person,
  { name, message }: Question,
  initial: string | undefined,
  answers: Partial<Answers>,
): Promise<string | null> => {
  const answer =
    name === 'vertical'
      ? await person.choice({ message, choices: VERTICALS })
      : await person.text({
          message,
          ...(initial === undefined ? {} : { initial }),
          problemOf: (text) => problemOf({ ...answers, ...readAnswer(name, text) }),
        });
  return answer.ok ? answer.value : null;
};

const VERTICALS = [
  { value: 'consumer', label: 'Users (Consumer Authentication)' },
  { value: 'b2b', label: 'Members of organizations (B2B SaaS Authentication)' },
] as const;

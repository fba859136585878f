import type { Reason } from '../model/refusal.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import { text } from './answer.ts';
import { ANSWERS } from './answers.ts';

/** Explains a problem type to whoever follows its URI (RFC 9457 §3.1.1). */
export const problemPage = (code: string, requestId: string): Result<Response> => {
  const answers = (Object.keys(ANSWERS) as Reason[])
    .map((reason) => ANSWERS[reason])
    .filter((each) => each.code === code);
  const [first] = answers;
  if (first === undefined) return err({ reason: 'not_found' });
  const titles = [...new Set(answers.map((answer) => answer.title))];
  const page = `${code}\n\nHTTP status ${first.status}: ${titles.join(' / ')}.\n`;
  return ok(text(page, 'text/plain; charset=utf-8', requestId));
};

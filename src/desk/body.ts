import { MAX_BODY_BYTES, readText } from '../http/read.ts';
import { err, type FieldError, ok, type Result } from '../model/refusal.ts';
import type * as z from '../model/zod.ts';

/** Deeper documents are none of ours. */
const MAX_DEPTH = 8;

/** Reads a JSON body strictly: the right type, bounded, and nothing in it that the schema does not know. */
export const readBody = async <S extends z.ZodMiniType>(
  request: Request,
  schema: S,
): Promise<Result<z.infer<S>>> => {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    return err({ reason: 'media_type_unsupported', expected: 'application/json' });
  const text = await readText(request.body, MAX_BODY_BYTES);
  if (text === null) return err({ reason: 'body_too_large', maxBytes: MAX_BODY_BYTES });
  const value = text === undefined ? undefined : parse(text);
  if (value === undefined || isDeeper(value, MAX_DEPTH))
    return invalid([{ pointer: '', detail: 'must be a JSON object' }]);
  const parsed = schema.safeParse(value);
  return parsed.success ? ok(parsed.data) : invalid(fieldErrors(parsed.error));
};

/** Does what is asked, if it is as the schema has it. */
export const checked = async <S extends z.ZodMiniType, T>(
  schema: S,
  asked: unknown,
  work: (read: z.output<S>) => Promise<Result<T>>,
): Promise<Result<T>> => {
  const read = schema.safeParse(asked);
  return read.success ? work(read.data) : invalid(fieldErrors(read.error));
};

export const invalid = (errors: readonly FieldError[]): Result<never> =>
  err({ reason: 'request_invalid', errors });

/** What zod found, as JSON Pointers (RFC 6901). The values themselves are not repeated. */
export const fieldErrors = (error: z.core.$ZodError): readonly FieldError[] =>
  error.issues.flatMap((issue) => {
    const at = issue.path.map((part) => `/${escaped(String(part))}`).join('');
    if (issue.code !== 'unrecognized_keys') return [{ pointer: at, detail: issue.message }];
    return issue.keys.slice(0, 20).map((key) => ({
      pointer: key.length > LONGEST_NAME ? at : `${at}/${escaped(key)}`,
      detail: 'is not known here',
    }));
  });

/** A longer name of a member is no slip of the pen: it may be the secret of a client, and is not repeated, not in part either. */
const LONGEST_NAME = 32;

const escaped = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

/** What a text says in JSON; undefined when it is none. */
export const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** Looks no further down than `levels`: 64 KiB of brackets would overflow the stack. */
const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1)));

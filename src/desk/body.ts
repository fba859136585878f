import type { z } from 'zod';
import { err, type FieldError, ok, type Result } from '../model/refusal.ts';

/** The longest body that the Desk reads. */
const MAX_BODY_BYTES = 65_536;

/** Deeper documents are none of ours. */
const MAX_DEPTH = 8;

/** Reads a JSON body strictly: the right type, bounded, and nothing in it that the schema does not know. */
export const readBody = async <S extends z.ZodType>(request: Request, schema: S): Promise<Result<z.infer<S>>> => {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return err({ reason: 'media_type_unsupported', expected: 'application/json' });
  const text = await readText(request.body);
  if (text === null) return err({ reason: 'body_too_large', maxBytes: MAX_BODY_BYTES });
  const value = parse(text);
  if (value === undefined || depthOf(value) > MAX_DEPTH) return invalid([{ pointer: '', detail: 'must be a JSON object' }]);
  const parsed = schema.safeParse(value);
  return parsed.success ? ok(parsed.data) : invalid(fieldErrors(parsed.error));
};

export const invalid = (errors: readonly FieldError[]): Result<never> => err({ reason: 'request_invalid', errors });

/** What zod found, as JSON Pointers (RFC 6901). The values themselves are not repeated. */
export const fieldErrors = (error: z.ZodError): readonly FieldError[] =>
  error.issues.flatMap((issue) => {
    const at = issue.path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
    if (issue.code !== 'unrecognized_keys') return [{ pointer: at, detail: issue.message }];
    return issue.keys.slice(0, 20).map((key) => ({ pointer: `${at}/${key.slice(0, 64)}`, detail: 'is not known here' }));
  });

const readText = async (body: ReadableStream | null): Promise<string | null> => {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map((member) => depthOf(member)))
    : 0;

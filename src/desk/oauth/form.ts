import { invalid, readParameters } from '../../http/form.ts';
import { ok, type Result } from '../../model/refusal.ts';
import type * as z from '../../model/zod.ts';
import { fieldErrors } from '../body.ts';

/** Where a client's secret or a token must not be, whatever else is asked for (RFC 6749 §2.3.1, RFC 7009 §2.1). */
const NEVER_IN_URLS = ['client_id', 'client_secret', 'token', 'device_code', 'grant_type', 'scope'];

/** Reads the form of an OAuth endpoint strictly (RFC 6749 §3.2). A parameter that nobody knows is ignored. */
export const readForm = async <S extends z.ZodMiniType>(
  request: Request,
  schema: S,
): Promise<Result<z.output<S>>> => {
  const query = new URL(request.url).searchParams;
  const inUrl = NEVER_IN_URLS.find((name) => query.has(name));
  if (inUrl !== undefined) return invalid(`${inUrl} belongs into the body, never into the URL`);
  const parameters = await readParameters(request);
  if (!parameters.ok) return parameters;
  const parsed = schema.safeParse(Object.fromEntries(parameters.value));
  if (parsed.success) return ok(parsed.data);
  const [first] = fieldErrors(parsed.error);
  return invalid(first === undefined ? 'the form is not valid' : `${first.pointer.slice(1)} ${first.detail}`);
};

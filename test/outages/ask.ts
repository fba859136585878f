import { API } from '../world.ts';
import type { Caller, Errand } from './callers.ts';
import { isEnding, isOver, judge, type Truth, wrongWith } from './model.ts';
import { limitOf } from './people.ts';
import { type Place, type Run, truthOf, weatherOf } from './run.ts';
import { isAdmitted, type Row } from './tally.ts';

/** Sends one request, and holds what comes of it against the model. */
export const ask = async (run: Run, caller: Caller, place: Place, errand: Errand): Promise<void> => {
  const at = Date.now();
  const { method, path, scopes, cost, isStrict } = errand;
  const truth = truthOf(run, caller);
  const row = rowOf(caller, truth, errand, place, at);
  place.known.add(caller);
  const asked = { scopes, isStrict, isOverLimit: caller.isOverLimit };
  const judgement = judge(truth, asked, at, weatherOf(run, at));
  const id = crypto.randomUUID();
  const headers = { ...caller.headers(), 'x-request-id': id };
  const response = await place.here.fetch(`${API}${path}`, { method, headers });
  const { status } = response;
  const origin = run.origin.get(id) ?? null;
  run.origin.delete(id);
  run.samples.push({ phase: run.phase, row, who: caller.name, at, forMs: run.stepMs, status });
  const wrong = wrongWith(truth, judgement, { status, origin }) ?? impolite(response);
  if (wrong !== null) {
    const isUnkept = judgement.promised && (status === 503 || status === 429);
    const said = `${run.phase}, ${new Date(at).toISOString()}, ${caller.name}, ${method} ${path}: ${wrong}`;
    (isUnkept ? run.unkept : run.wrong).push(said);
  }
  await response.body?.cancel();
  if (isAdmitted(status) && caller.owner !== null) spend(run, caller.owner, caller, { at, units: cost });
};

/** Whoever may come again is told when (RFC 9110 §10.2.3). */
const impolite = ({ status, headers }: Response): string | null =>
  (status === 503 || status === 429) && !(Number(headers.get('retry-after')) >= 1)
    ? `${status} without a Retry-After`
    : null;

const spend = (run: Run, owner: string, caller: Caller, spent: { at: number; units: number }): void => {
  const known = run.spent.get(owner) ?? { ...limitOf(caller), spent: [] };
  known.spent.push(spent);
  run.spent.set(owner, known);
};

const FIRST_TIMES: readonly Row[] = ['API key', 'API key in X-API-Key', 'own pair', 'foreign pair'];

/** Which row of the table a request belongs to, by what is true of its credential just now. */
const rowOf = (caller: Caller, truth: Truth, errand: Errand, place: Place, at: number): Row => {
  const { ended, taken, kind } = truth;
  const isOverNow = isOver(ended, errand, at);
  const isLacking = errand.scopes.some((scope) => !truth.scopes.includes(scope)) && kind === 'secret';
  const isTaken = taken !== null && errand.scopes.includes(taken.scope) && isOver(taken.ending, errand, at);
  if (isOverNow || isLacking || isTaken) return 'ended or not allowed';
  if (isEnding(truth, at)) return 'being ended';
  if (kind !== 'secret' || caller.row === 'over the limit') return caller.row;
  if (truth.acceptedUntil === null) return 'key never used before';
  return FIRST_TIMES.includes(caller.row) && !place.known.has(caller)
    ? 'key or pair, new isolate'
    : caller.row;
};

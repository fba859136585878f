import { inUse } from '../secrets.ts';
import { DESK, type Issued } from '../world.ts';
import { type Caller, keyCaller } from './callers.ts';
import type { Ending } from './model.ts';
import type { Deed } from './plan.ts';
import { type Run, weatherOf } from './run.ts';
import { endOf } from './weather.ts';

/** Somebody of whom something was asked that nobody answered: it is asked again. */
interface Pending {
  readonly caller: Caller;
  readonly what: 'revoke' | 'narrow' | 'find';
}

/** What is done to keys in a run. */
export const openDeeds = (run: Run) => {
  let pending: readonly Pending[] = [];
  let born = 0;

  const sample = (row: 'issue a key' | 'end a key', status: number): void => {
    const { phase, stepMs: forMs, samples } = run;
    samples.push({ phase, row, who: row, at: Date.now(), forMs, status });
  };

  const issue = async (): Promise<void> => {
    const { ada } = run.people;
    const right = issuesRightly(run, endOf(ada.jwt()));
    const body = { name: 'in an outage', scopes: ['items:read'] };
    const answer = await run.desk.desk(ada.jwt(), 'POST', '/v1/keys', body);
    sample('issue a key', answer.status);
    if (!right.includes(answer.status))
      run.wrong.push(`${run.phase}: issue: ${answer.status}, and right is ${right.join(' or ')}`);
    if (answer.status !== 201) return void (await answer.body?.cancel());
    const issued: Issued = await answer.json();
    inUse(issued.key);
    run.people.callers.push(keyCaller(`new key ${born++}`, issued));
  };

  /** Ends a key, or takes a scope from it; whether that was answered. */
  const end = async ({ caller, what }: Pending): Promise<boolean> => {
    const now = Date.now();
    const before = endingOf(caller);
    const answer = await request(run, caller, what);
    sample('end a key', answer.status);
    if (answer.status === 401) {
      // The session is over, and nothing was done.
      await answer.body?.cancel();
      if (endOf(run.people.bo.jwt()) > now) run.wrong.push(`${run.phase}: ${what}: 401 with a good session`);
      return true;
    }
    const since = before?.since ?? now;
    const { effective_by = null } = answer.ok
      ? ((await answer.json()) as { effective_by?: string | null })
      : {};
    // What had been done before, and not been answered, is no younger.
    const by = effective_by === null ? now + LEASE_MS : Date.parse(effective_by);
    setEnding(
      caller,
      what,
      answer.ok ? { since, answeredAt: now, by } : { since, answeredAt: null, by: null },
    );
    if (!answer.ok && !mayFail(run)) run.unkept.push(`${run.phase}: ${what}: ${answer.status}`);
    if (!answer.ok) await answer.body?.cancel();
    return answer.ok;
  };

  const next = (what: Pending['what']): readonly Pending[] => {
    const caller = run.people.callers.find((each) => each.fate === what && endingOf(each) === null);
    return caller === undefined ? [] : [{ caller, what }];
  };

  return {
    /** Does what is due, and what had no answer in the step before. */
    work: async (due: readonly Deed[]): Promise<void> => {
      const wanted = [...pending];
      for (const { what } of due) {
        if (what === 'issue') await issue();
        else wanted.push(...next(what));
      }
      const unanswered: Pending[] = [];
      for (const each of wanted) if (!(await end(each))) unanswered.push(each);
      pending = unanswered;
    },
  };
};

/** `leaseSeconds` of the tests' file. */
const LEASE_MS = 5_000;

const request = (run: Run, { truth, key }: Caller, what: Pending['what']): Promise<Response> => {
  const session = run.people.bo.jwt();
  const path = `/v1/keys/${truth.self.keyId}`;
  switch (what) {
    case 'revoke':
      return run.desk.desk(session, 'DELETE', path);
    case 'narrow':
      return run.desk.desk(session, 'PATCH', path, { scopes: ['items:read'] });
    case 'find':
      return run.desk.fetch(`${DESK}/v1/leaked`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ key }),
      });
  }
};

const endingOf = ({ truth, fate }: Caller): Ending | null =>
  fate === 'narrow' ? (truth.taken?.ending ?? null) : truth.ended;

const setEnding = (caller: Caller, what: Pending['what'], ending: Ending): void => {
  caller.truth =
    what === 'narrow'
      ? { ...caller.truth, taken: { scope: 'items:write', ending } }
      : { ...caller.truth, ended: ending };
};

/** Ending a key needs its Ring and, for a session, the keys to check it with; never Stytch. */
const mayFail = (run: Run): boolean => {
  const { ring, jwks } = weatherOf(run, Date.now());
  return ring === 'unsteady' || jwks === 'unsure';
};

/** What may come of making a key: that needs all. */
const issuesRightly = (run: Run, sessionEndsAt: number): readonly number[] => {
  const { stytch, ring, jwks } = weatherOf(run, Date.now());
  const mayFail = ring === 'unsteady' || jwks === 'unsure' ? [503] : [];
  if (Date.now() >= sessionEndsAt) return [401, ...mayFail];
  if (stytch === 'silent') return [503];
  return [201, ...mayFail];
};

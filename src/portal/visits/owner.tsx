import type { OwnerRecord } from '../../model/life.ts';
import { err, ok, type Refusal, type Result } from '../../model/refusal.ts';
import type { Entered } from '../entrance.ts';
import type { Form } from '../forms.ts';
import { isOneOf } from '../is-one-of.ts';
import { type LimitsForm, LimitsPage } from '../pages/owner-limits.tsx';
import type { OwnerNotice, OwnerShown } from '../pages/owner-panel.tsx';
import { ConfirmPage, SuspendPage } from '../pages/owner-standing.tsx';
import { ownerPathsAt, withQuery } from '../paths.ts';
import type { PortalPorts, Serve } from '../ports.ts';
import { messageOf, WORDS } from '../words.ts';
import type { VisitParts } from './parts.ts';

/** What an operator does with an owner as such. Each has a page that asks first. */
export const createOwnerVisits = ({ ports, press, entrance }: VisitParts) => {
  const pathsOf = ({ who }: Entered) => ownerPathsAt(who.owner.id);

  /** A page that asks, of somebody who has signed in recently: else what is typed would be lost. */
  const asking =
    (serve: (entered: Entered, about: OwnerRecord) => Response | Promise<Response>) =>
    async (entered: Entered): ReturnType<Serve> => {
      const staleness = entrance.staleness(entered);
      if (staleness !== null) return err(staleness);
      const about = await ports.keys.about(entered.who);
      return about.ok ? ok(await serve(entered, about.value)) : about;
    };

  /** Back to the owner, with what was done and when it is in force everywhere. */
  const done = (entered: Entered, notice: OwnerNotice): Result<Response> => {
    const by = Math.ceil(ports.now() / 1000) + ports.largestLeaseSeconds;
    return ok(press.goTo(withQuery(pathsOf(entered).home, { done: notice, by: String(by) }), entered.visit));
  };

  const suspendPage = (entered: Entered, reason: string, problem: string | null) => {
    const { who, frame } = entered;
    return <SuspendPage {...{ frame, paths: pathsOf(entered), id: who.owner.id, reason, problem }} />;
  };

  const askSuspend = asking((entered, { suspension }) =>
    press.page(suspendPage(entered, suspension?.reason ?? '', null), entered.visit),
  );

  const suspend = async (entered: Entered, form: Form): ReturnType<Serve> => {
    const reason = form.get('reason') ?? '';
    const suspended = await ports.owners.suspend(entered.who, { reason });
    if (suspended.ok) return done(entered, 'suspended');
    const { refusal } = suspended;
    const problem =
      refusal.reason === 'request_invalid' ? WORDS.owner.reasonProblem : messageOf(refusal, 'user');
    return ok(await press.page(suspendPage(entered, reason, problem), entered.visit, refusal));
  };

  const confirmPage = (entered: Entered, deed: 'lift' | 'revokeAll', count: number) => {
    const { who, frame } = entered;
    const { title, text, button } = WORDS.owner[deed];
    const { [deed]: action, home: back } = pathsOf(entered);
    return (
      <ConfirmPage
        {...{ frame, id: who.owner.id, action, back, title, text: text(count), button }}
        isBad={deed === 'revokeAll'}
      />
    );
  };

  const askLift = asking((entered, { suspension }) =>
    suspension === null
      ? press.goTo(pathsOf(entered).home, entered.visit)
      : press.page(confirmPage(entered, 'lift', 0), entered.visit),
  );

  const askRevokeAll = asking((entered, { liveKeys }) =>
    liveKeys === 0
      ? press.goTo(pathsOf(entered).home, entered.visit)
      : press.page(confirmPage(entered, 'revokeAll', liveKeys), entered.visit),
  );

  const lift = async (entered: Entered): ReturnType<Serve> => {
    const lifted = await ports.owners.lift(entered.who);
    return lifted.ok ? done(entered, 'lifted') : lifted;
  };

  const revokeAll = async (entered: Entered): ReturnType<Serve> => {
    const revoked = await ports.owners.revokeAll(entered.who);
    return revoked.ok ? done(entered, 'revoked') : revoked;
  };

  const limitsPage = (entered: Entered, form: LimitsForm, refusal: Refusal | null) => {
    const { who, frame } = entered;
    const { plans, keysPerUser } = ports;
    return (
      <LimitsPage
        {...{ frame, paths: pathsOf(entered), id: who.owner.id, form, plans, keysPerUser }}
        problem={refusal === null ? null : limitsProblem(refusal)}
      />
    );
  };

  const askLimits = asking((entered, { plan, keysLimit }) => {
    const form = { plan: plan ?? '', keysLimit: keysLimit === null ? '' : String(keysLimit) };
    return press.page(limitsPage(entered, form, null), entered.visit);
  });

  const setLimits = async (entered: Entered, sent: Form): ReturnType<Serve> => {
    const form = { plan: sent.get('plan') ?? '', keysLimit: sent.get('keys_limit')?.trim() ?? '' };
    const set = await ports.owners.setLimits(entered.who, askedBy(form));
    if (set.ok) return done(entered, 'limits');
    return ok(await press.page(limitsPage(entered, form, set.refusal), entered.visit, set.refusal));
  };

  return { askSuspend, suspend, askLift, lift, askLimits, setLimits, askRevokeAll, revokeAll };
};

/** As the JSON endpoint would be asked: null is what everybody has. */
const askedBy = ({ plan, keysLimit }: LimitsForm) => ({
  plan: plan === '' ? null : plan,
  keys_limit: keysLimit === '' ? null : /^\d{1,4}$/.test(keysLimit) ? Number(keysLimit) : keysLimit,
});

const limitsProblem = (refusal: Refusal): string => {
  if (refusal.reason !== 'request_invalid') return messageOf(refusal, 'user');
  const isPlan = refusal.errors.some(({ pointer }) => pointer === '/plan');
  return isPlan ? WORDS.owner.planProblem : WORDS.owner.keysLimitProblem;
};

/** What the panel of an owner shows, by the address that led to it. */
export const ownerShown = (
  { visit, who, paths, frame: { now } }: Entered,
  about: OwnerRecord,
  { largestLeaseSeconds }: Pick<PortalPorts, 'largestLeaseSeconds'>,
): OwnerShown => {
  const query = new URL(visit.request.url).searchParams;
  const [notice, keyId] = [query.get('done') ?? '', query.get('key') ?? ''];
  return {
    ...{ about, paths, owner: ownerPathsAt(who.owner.id), now },
    notice: isOneOf(WORDS.owner.notices, notice) && isSo(notice, about) ? notice : null,
    inForceBy: inForceBy(query.get('by') ?? '', now, largestLeaseSeconds),
    sought: KEY_ID.test(keyId) ? { keyId, isWhole: query.has('whole') } : null,
  };
};

/** Whether an owner is as he would be, had that just been done: the address that says so can come from anybody. */
const isSo = (notice: OwnerNotice, { suspension, liveKeys }: OwnerRecord): boolean => {
  switch (notice) {
    case 'suspended':
      return suspension !== null;
    case 'lifted':
      return suspension === null;
    case 'limits':
      return true;
    case 'revoked':
      return liveKeys === 0;
  }
};

/** No longer than an id: a link with a whole key in it shows none. */
const KEY_ID = /^[\x21-\x7E]{1,64}$/;

/** When what was done is in force everywhere; null where that is past, or no such time. Milliseconds. */
const inForceBy = (by: string, now: number, largestLeaseSeconds: number): number | null => {
  const at = /^\d{1,11}$/.test(by) ? Number(by) * 1000 : 0;
  // Rounded up, and not later than if it had been done now.
  return at > now && at <= now + (largestLeaseSeconds + 1) * 1000 ? at : null;
};

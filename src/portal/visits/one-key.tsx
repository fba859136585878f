import type { KeyRecord } from '../../model/life.ts';
import { err, ok, type Refusal, type Result } from '../../model/refusal.ts';
import type { Entered } from '../entrance.ts';
import type { Form } from '../forms.ts';
import { isOneOf } from '../is-one-of.ts';
import { askedBy, formOfKey, type KeyForm, problemsOf, sentForm } from '../key-form.ts';
import { newOnce, openedAt } from '../once.ts';
import { ChangePage } from '../pages/change.tsx';
import { KeyPage, type Notice } from '../pages/key.tsx';
import { isLiving } from '../pages/key-words.tsx';
import { RevokePage } from '../pages/revoke.tsx';
import { OVERLAPS, type Overlap, RotatePage, USUAL_OVERLAP } from '../pages/rotate.tsx';
import { LimitsPanel, UsagePanel } from '../pages/usage-parts.tsx';
import { withQuery } from '../paths.ts';
import type { Serve } from '../ports.ts';
import { rangeIn, usageAsked } from '../usage-ranges.ts';
import { messageOf, WORDS } from '../words.ts';
import { offered } from './create.tsx';
import type { VisitParts } from './parts.ts';
import { showKey } from './show-key.tsx';

/** One key: to look at, to change, to rotate, to revoke. */
export const createOneKeyVisits = (parts: VisitParts) => {
  const { ports, press, entrance } = parts;

  const keyOf = ({ who, visit }: Entered): Promise<Result<KeyRecord>> =>
    ports.keys.get(who, visit.params.key_id ?? '');

  const livingKeyOf = async (entered: Entered): Promise<Result<KeyRecord>> => {
    const record = await keyOf(entered);
    return record.ok && !isLiving(record.value) ? err({ reason: 'not_found' }) : record;
  };

  const goTo = ({ visit, paths }: Entered, { keyId }: KeyRecord, notice: Notice | null) =>
    ok(press.goTo(withQuery(paths.key(keyId), { done: notice }), visit));

  /** A page that asks about a living key: of what has ended, there is nothing to be done but to look at it. */
  const asking =
    (serve: (entered: Entered, record: KeyRecord) => ReturnType<Serve>) =>
    async (entered: Entered): ReturnType<Serve> => {
      const record = await keyOf(entered);
      if (!record.ok) return record;
      return isLiving(record.value) ? serve(entered, record.value) : goTo(entered, record.value, null);
    };

  const show = async (entered: Entered): ReturnType<Serve> => {
    const record = await keyOf(entered);
    if (!record.ok) return record;
    const { visit, who, paths, frame } = entered;
    const { keyId, endedAt } = record.value;
    const query = new URL(visit.request.url).searchParams;
    const range = rangeIn(query);
    const [used, standing] = await Promise.all([
      ports.keys.usage(who, keyId, usageAsked(range, frame.now)),
      ports.keys.limits(who, keyId),
    ]);
    if (!used.ok) return used;
    if (!standing.ok) return standing;
    const deadBy = endedAt === null ? null : endedAt + ports.largestLeaseSeconds * 1000;
    const done = query.get('done') ?? '';
    return ok(
      await press.page(
        <KeyPage
          {...{ frame, paths, record: record.value, titleOf: ports.scopeTitle }}
          notice={isOneOf(WORDS.key.notices, done) && isSo(done, record.value) ? done : null}
          deadBy={deadBy !== null && deadBy > frame.now ? deadBy : null}
        >
          <UsagePanel path={paths.key(keyId)} range={range} used={used.value} />
          {isLiving(record.value) ? <LimitsPanel limits={standing.value.limits} now={frame.now} /> : null}
        </KeyPage>,
        visit,
      ),
    );
  };

  const changePage = (
    { visit, who, place, paths, frame }: Entered,
    record: KeyRecord,
    form: KeyForm,
    // What the form was filled in for: of a later one, its user has not seen what it changed.
    revision: number,
    refusal: Refusal | null,
  ): Promise<Response> => {
    const problems = problemsOf(refusal, form, place.kind);
    const kept = record.scopes.filter((scope) => !who.grantable.includes(scope));
    const scopes = [
      ...who.grantable.map((name) => offered(ports, name)),
      ...kept.map((name) => offered(ports, name, true)),
    ];
    const shown = { frame, paths, record, form, revision, problems, scopes };
    return press.page(<ChangePage {...shown} />, visit, refusal);
  };

  const askChange = asking(async (entered, record) =>
    ok(await changePage(entered, record, formOfKey(record), record.revision, null)),
  );

  const change = async (entered: Entered, sent: Form): ReturnType<Serve> => {
    const record = await livingKeyOf(entered);
    if (!record.ok) return record;
    const { who } = entered;
    const form = sentForm(sent);
    const revision = Number(/^[1-9]\d{0,9}$/.exec(sent.get('revision') ?? '')?.[0] ?? '0');
    const asked = askedBy(form, ports.now(), false);
    const changed = await ports.keys.change(who, record.value.keyId, asked, revision);
    if (changed.ok) return goTo(entered, changed.value, 'changed');
    const { refusal } = changed;
    if (refusal.reason !== 'precondition_failed')
      return ok(await changePage(entered, record.value, form, revision, refusal));
    // Not as it was found before: it was changed since, maybe while this waited.
    const present = await livingKeyOf(entered);
    if (!present.ok) return present;
    const { value } = present;
    return ok(await changePage(entered, value, formOfKey(value), value.revision, refusal));
  };

  const rotatePage = (
    { paths, frame }: Entered,
    record: KeyRecord,
    once: string,
    overlap: Overlap = USUAL_OVERLAP,
    problem: string | null = null,
  ) => <RotatePage {...{ frame, paths, record, once, overlap, problem }} />;

  const askRotate = asking(async (entered, record) => {
    const staleness = entrance.staleness(entered);
    if (staleness !== null) return err(staleness);
    if (record.rotation !== null) return goTo(entered, record, null);
    return ok(await press.page(rotatePage(entered, record, newOnce(ports)), entered.visit));
  });

  const rotate = async (entered: Entered, sent: Form): ReturnType<Serve> => {
    const once = sent.get('once') ?? '';
    const overlap = OVERLAPS.find((seconds) => String(seconds) === sent.get('overlap'));
    if (openedAt(once, ports.now()) === null || overlap === undefined)
      return err({ reason: 'oauth_request_invalid', detail: 'the form is not complete, or too old' });
    const record = await keyOf(entered);
    if (!record.ok) return record;
    const asked = { overlap_seconds: overlap };
    const rotated = await ports.keys.rotate(entered.who, record.value.keyId, asked, once);
    if (rotated.ok)
      return showKey(
        parts,
        entered,
        rotated.value.record.rotation === null ? 'replaced' : 'rotated',
        rotated.value,
      );
    // It ended meanwhile: its form would be refused again and again.
    if (rotated.refusal.reason === 'not_found') return rotated;
    const content = rotatePage(
      entered,
      record.value,
      once,
      overlap,
      messageOf(rotated.refusal, entered.place.kind),
    );
    return ok(await press.page(content, entered.visit, rotated.refusal));
  };

  const endRotation =
    (verb: 'finish' | 'cancel', notice: Notice) =>
    async (entered: Entered): ReturnType<Serve> => {
      const ended = await ports.keys.endRotation(entered.who, entered.visit.params.key_id ?? '', verb);
      return ended.ok ? goTo(entered, ended.value, notice) : ended;
    };

  const askRevoke = asking(async (entered, record) => {
    const { visit, paths, frame } = entered;
    return ok(await press.page(<RevokePage {...{ frame, paths, record }} />, visit));
  });

  const revoke = async (entered: Entered): ReturnType<Serve> => {
    const revoked = await ports.keys.revoke(entered.who, entered.visit.params.key_id ?? '');
    return revoked.ok ? goTo(entered, revoked.value, 'revoked') : revoked;
  };

  return {
    ...{ show, askChange, change, askRotate, rotate, askRevoke, revoke },
    finish: endRotation('finish', 'finished'),
    cancel: endRotation('cancel', 'cancelled'),
  };
};

/** Whether it can be what was done last: anybody may make a link that says so. */
const isSo = (notice: Notice, record: KeyRecord): boolean => {
  if (notice === 'revoked') return record.status === 'revoked';
  return isLiving(record) && (notice === 'changed' || record.rotation === null);
};

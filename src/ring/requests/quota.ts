import { OWNER_PURSE } from '../../model/lease-wire.ts';
import { emit } from '../events.ts';
import type { RingParts } from '../parts.ts';
import { planOf } from './plan.ts';

/** Of a month's quota, the parts whose use the operator is told of. */
const TOLD_AT = [1, 0.8] as const;

/** Tells of a quota that is nearly or wholly used up, once for each part and month. Whether there was something to tell. */
export const watchQuota = (parts: RingParts): boolean => {
  if (parts.rules.events === null) return false;
  const { month } = parts.meter().saved(OWNER_PURSE);
  // Most have no quota: then the plan need not be read again.
  const perMonth = month === null ? undefined : planOf(parts).perMonth;
  if (month === null || perMonth === undefined) return false;
  const part = TOLD_AT.find((each) => month.units >= each * perMonth);
  if (part === undefined) return false;
  const [toldMonth, toldPart] = (parts.tables.quotaTold() ?? '').split(' ');
  if (toldMonth === month.name && Number(toldPart) >= part) return false;
  parts.storage.transactionSync(() => {
    parts.tables.setQuotaTold(`${month.name} ${part}`);
    const { name, units } = month;
    emit(parts, 'quota.reached', null, { month: name, units, per_month: perMonth, percent: part * 100 });
  });
  return true;
};

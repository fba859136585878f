import type { Limit } from '../../model/lease-wire.ts';
import type { MeterRules } from '../../model/meter.ts';
import type { Plan, RingParts } from '../parts.ts';

/** The owner's limit and quota: those of his plan, or the default. */
export const planOf = (
  { tables, rules }: Pick<RingParts, 'tables' | 'rules'>,
  plan: string | null = tables.plan(),
): Plan => rules.plans.get(plan ?? '') ?? rules.plan;

/** What the meter has to keep now, with the own limit of the key that is meant, if it has one. */
export const meterRules = (
  parts: Pick<RingParts, 'tables' | 'rules'>,
  key: Limit | null,
  plan: string | null = parts.tables.plan(),
): MeterRules => {
  const { requests, perSeconds, perMonth = null } = planOf(parts, plan);
  return {
    owner: { requests, perSeconds },
    key,
    unitsPerMonth: perMonth,
    leaseMs: parts.rules.leaseSeconds * 1000,
  };
};

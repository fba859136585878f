import type { ChainedEntry } from '../model/audit-chain.ts';
import { isOneOf } from './is-one-of.ts';
import { day } from './say.ts';
import { duration, WORDS } from './words.ts';

const { details: words, noValue } = WORDS.audit;

/** What a row of the trail says besides, each thing in a line: what it is called, and its value or how that changed. */
export const detailsSaid = (details: ChainedEntry['details']): readonly string[] =>
  Object.entries(details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => {
      const label = isOneOf(words, name) ? words[name] : name.replaceAll('_', ' ');
      const said = isChange(value)
        ? `${valueSaid(name, value.from)} → ${valueSaid(name, value.to)}`
        : valueSaid(name, value);
      return `${label}: ${said}`;
    });

const isChange = (value: unknown): value is { readonly from: unknown; readonly to: unknown } =>
  typeof value === 'object' && value !== null && 'from' in value && 'to' in value;

const valueSaid = (name: string, value: unknown): string => {
  if (value === null || value === '') return noValue;
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'number' && name.endsWith('_at')) return day(value);
  if (typeof value === 'number' && name.endsWith('_seconds')) return duration(value);
  if (typeof value === 'object' && 'requests' in value && 'perSeconds' in value)
    return `${value.requests} / ${duration(Number(value.perSeconds))}`;
  return typeof value === 'string' ? value : JSON.stringify(value);
};

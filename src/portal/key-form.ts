import type { KeyRecord } from '../model/life.ts';
import type { Refusal } from '../model/refusal.ts';
import type { Place } from './place.ts';
import { messageOf, WORDS } from './words.ts';

const { fields: words } = WORDS;

/** What stands in the form of a key, as it was typed. */
export interface KeyForm {
  readonly name: string;
  readonly description: string;
  readonly scopes: readonly string[];
  /** `none`, a number of days, `date`, or `same`: as the key has it. */
  readonly expires: string;
  /** `2026-12-31`, for `date`. */
  readonly expiresOn: string;
  readonly allowlist: string;
  readonly limitRequests: string;
  readonly limitSeconds: string;
}

/** What is wrong in a form, by field; `''` for what is wrong with none of them. */
export type Problems = ReadonlyMap<keyof KeyForm | '', string>;

/** What is said of a form as a whole; null for one that is right. */
export const problemOfAll = (problems: Problems): string | null =>
  problems.size === 0 ? null : (problems.get('') ?? words.problems);

/** How a checkbox of a scope is called: a form has each name once. */
export const scopeField = (scope: string): string => SCOPE + scope;

const SCOPE = 'scope.';

/** How long a key can be made to last, in days. */
export const EXPIRY_DAYS = [7, 30, 90, 365] as const;

const DAY_MS = 86_400_000;

/** The form as it was sent. Of scopes, all: one that cannot be given any more is refused, and not passed over. */
export const sentForm = (form: ReadonlyMap<string, string>): KeyForm =>
  formOf(
    (name) => form.get(name),
    [...form.keys()].flatMap((name) => (name.startsWith(SCOPE) ? [name.slice(SCOPE.length)] : [])),
    '',
  );

/** The form as a link fills it in: `/keys/new?name=CI&scope=items:read`. */
export const linkedForm = (query: URLSearchParams, offered: readonly string[]): KeyForm => {
  const asked = (query.get('scope') ?? '').split(' ');
  return formOf(
    (name) => query.get(name)?.slice(0, 512),
    offered.filter((scope) => asked.includes(scope)),
    'none',
  );
};

/** The query that fills a form in again, for who has to sign in first. */
export const linkOf = (form: KeyForm): Readonly<Record<string, string>> => ({
  ...{ name: form.name, description: form.description, scope: form.scopes.join(' ') },
  ...{ expires: form.expires, expires_on: form.expiresOn, allowlist: form.allowlist },
  ...{ limit_requests: form.limitRequests, limit_seconds: form.limitSeconds },
});

const formOf = (
  text: (name: string) => string | undefined,
  scopes: readonly string[],
  usualEnd: 'none' | '',
): KeyForm => ({
  ...{ name: text('name') ?? '', description: text('description') ?? '', scopes },
  ...{ expires: text('expires') ?? usualEnd, expiresOn: text('expires_on') ?? '' },
  ...{ allowlist: text('allowlist') ?? '', limitRequests: text('limit_requests') ?? '' },
  limitSeconds: text('limit_seconds') ?? '60',
});

/** The form of a key as it is. */
export const formOfKey = (record: KeyRecord): KeyForm => ({
  ...{ name: record.name, description: record.description, scopes: record.scopes },
  expires: record.expiresAt === null ? 'none' : 'same',
  expiresOn: '',
  allowlist: (record.ipAllowlist ?? []).join('\n'),
  limitRequests: record.limit === null ? '' : String(record.limit.requests),
  limitSeconds: record.limit === null ? '60' : String(record.limit.perSeconds),
});

/**
 * What a form asks for, as the JSON endpoint would be asked; unchecked. Days are counted from `from`, in milliseconds. Of a
 * key that there is not yet, nothing can stay as it is.
 */
export const askedBy = (form: KeyForm, from: number, isNew: boolean): Readonly<Record<string, unknown>> => {
  const ranges = form.allowlist.split(/[\s,]+/).filter((range) => range !== '');
  const requests = form.limitRequests.trim();
  return {
    ...{ name: form.name, description: form.description, scopes: form.scopes },
    ...(form.expires === 'same' && !isNew ? {} : { expires_at: endOf(form, from) }),
    ip_allowlist: ranges.length === 0 ? null : ranges,
    limit: requests === '' ? null : { requests: count(requests), per_seconds: count(form.limitSeconds) },
  };
};

/** A number as people write one: `1e3` and `0x10` are none. */
const count = (text: string): number => (/^\d{1,10}$/.test(text) ? Number(text) : Number.NaN);

/** RFC 3339, null for no end; what is no choice of the form is no time either. */
const endOf = ({ expires, expiresOn }: KeyForm, from: number): string | null => {
  if (expires === 'none') return null;
  if (expires === 'date') return `${expiresOn}T23:59:59Z`;
  const days = EXPIRY_DAYS.find((each) => String(each) === expires);
  return days === undefined ? '' : new Date(from + days * DAY_MS).toISOString();
};

/** What is wrong with a form that was refused; nothing with one that was not. */
export const problemsOf = (
  refusal: Refusal | null,
  { allowlist }: KeyForm,
  place: Place['kind'],
): Problems => {
  if (refusal === null) return new Map();
  switch (refusal.reason) {
    case 'scope_not_grantable':
      return new Map([['scopes', words.scopesBeyond(refusal.scopes)]]);
    case 'request_invalid':
      return new Map(refusal.errors.map(({ pointer }) => problemAt(pointer, allowlist)));
    case 'precondition_failed':
      return new Map([['', WORDS.change.outdated]]);
    default:
      return new Map([['', messageOf(refusal, place)]]);
  }
};

const problemAt = (pointer: string, allowlist: string): readonly [keyof KeyForm | '', string] => {
  const [, field = '', index] = pointer.split('/');
  switch (field) {
    case 'name':
      return ['name', words.nameProblem];
    case 'description':
      return ['description', words.descriptionProblem];
    case 'scopes':
      return ['scopes', words.scopesProblem];
    case 'expires_at':
      return ['expires', words.expiryProblem];
    case 'ip_allowlist':
      return ['allowlist', index === undefined ? words.allowlistProblem : allowlistProblem(allowlist, index)];
    case 'limit':
      return ['limitRequests', words.limitProblem];
    default:
      return ['', words.problems];
  }
};

/** Ranges are counted as they were read, lines as they were typed. */
const allowlistProblem = (allowlist: string, index: string): string => {
  const lines = allowlist.split('\n').flatMap((line, number) =>
    line
      .split(/[\s,]+/)
      .filter((range) => range !== '')
      .map(() => number + 1),
  );
  const line = lines[Number(index)];
  return line === undefined ? words.allowlistProblem : words.allowlistLine(line);
};

import { EXPIRY_DAYS, type KeyForm, type Problems, scopeField } from '../key-form.ts';
import { WORDS } from '../words.ts';
import { described, FieldProblem } from './field-problem.tsx';
import { TextField } from './text-field.tsx';

const { fields: words } = WORDS;

/** A scope in the form. */
export interface OfferedScope {
  readonly name: string;
  readonly title: string;
  readonly description: string | null;
  /** Whether the key has it and it could not be given again. */
  readonly isKept: boolean;
}

interface Fields {
  readonly form: KeyForm;
  readonly problems: Problems;
  readonly scopes: readonly OfferedScope[];
  /** When the key ends as it is, said; null for a new one and for one without end. */
  readonly endsAs: string | null;
}

/** The fields of a key, for one that is made and one that is changed. */
export const KeyFields = ({ form, problems, scopes, endsAs }: Fields) => (
  <>
    <TextField
      name="name"
      label={words.name}
      value={form.name}
      problem={problems.get('name')}
      hint={words.nameHint}
      maxlength={64}
      required
    />
    <TextField
      name="description"
      label={`${words.description} (${words.optional})`}
      value={form.description}
      problem={problems.get('description')}
      maxlength={256}
    />
    <ScopeFields form={form} problem={problems.get('scopes')} scopes={scopes} />
    <ExpiryFields form={form} problem={problems.get('expires')} endsAs={endsAs} />
    <MoreFields form={form} problems={problems} />
  </>
);

/** Scopes by what stands before the colon. */
const ScopeFields = ({
  form,
  problem,
  scopes,
}: Pick<Fields, 'form' | 'scopes'> & { readonly problem: string | undefined }) => {
  const groups = [...Map.groupBy(scopes, ({ name }) => name.split(':')[0] ?? name)];
  return (
    <fieldset {...described('scopes', problem, scopes.length > 0)}>
      <legend>{words.scopes}</legend>
      <FieldProblem name="scopes" text={problem} />
      <p class="hint" id="scopes-hint">
        {scopes.length === 0 ? words.noScopes : words.scopesHint}
      </p>
      {groups.map(([group, members]) => (
        <div class="scopes">
          {groups.length < 2 ? null : <p class="group">{group}</p>}
          {members.length < 2 ? null : (
            <label class="choice scripted" hidden>
              <input type="checkbox" data-check-all={group} /> <b>{words.allOf(group)}</b>
            </label>
          )}
          {members.map(({ name, title, description, isKept }) => (
            <label class="choice">
              <input
                type="checkbox"
                name={scopeField(name)}
                value="1"
                checked={form.scopes.includes(name)}
                data-group={group}
              />
              <span>
                {title} <code>{name}</code>
                {description === null ? null : <small>{description}</small>}
                {isKept ? <small>{words.keptScope}</small> : null}
              </span>
            </label>
          ))}
        </div>
      ))}
    </fieldset>
  );
};

const ExpiryFields = ({
  form,
  problem,
  endsAs,
}: Pick<Fields, 'form' | 'endsAs'> & { readonly problem: string | undefined }) => {
  const choices = [
    ...(endsAs === null ? [] : [['same', words.endsAs(endsAs)] as const]),
    ['none', words.expiries.none] as const,
    ...EXPIRY_DAYS.map((days) => [String(days), words.expiries[days]] as const),
  ];
  return (
    <fieldset {...described('expires', problem, true)}>
      <legend>{words.expiry}</legend>
      <FieldProblem name="expires" text={problem} />
      <p class="hint" id="expires-hint">
        {words.expiryHint}
      </p>
      <div class="choices">
        {choices.map(([value, label]) => (
          <label class="choice">
            <input type="radio" name="expires" value={value} checked={form.expires === value} /> {label}
          </label>
        ))}
        <div class="choice">
          <input
            type="radio"
            name="expires"
            value="date"
            id="expires-date"
            checked={form.expires === 'date'}
          />{' '}
          <label for="expires-date">{words.expiries.date}</label>{' '}
          <input type="date" name="expires_on" value={form.expiresOn} aria-label={words.expiryDate} />
        </div>
      </div>
    </fieldset>
  );
};

/** What few keys need: folded away, unless there is something in it. */
const MoreFields = ({ form, problems }: Pick<Fields, 'form' | 'problems'>) => {
  const isOpen =
    form.allowlist !== '' ||
    form.limitRequests !== '' ||
    problems.has('allowlist') ||
    problems.has('limitRequests');
  return (
    <details open={isOpen}>
      <summary>{words.more}</summary>
      <div class="field">
        <label for="allowlist">
          {words.allowlist} ({words.optional})
        </label>
        <textarea
          id="allowlist"
          name="allowlist"
          rows={3}
          spellcheck={false}
          autocomplete="off"
          {...described('allowlist', problems.get('allowlist'), true)}
        >
          {form.allowlist}
        </textarea>
        <FieldProblem name="allowlist" text={problems.get('allowlist')} />
        <p class="hint" id="allowlist-hint">
          {words.allowlistHint}
        </p>
      </div>
      <fieldset class="inline" {...described('limitRequests', problems.get('limitRequests'), true)}>
        <legend>
          {words.limit} ({words.optional})
        </legend>
        <FieldProblem name="limitRequests" text={problems.get('limitRequests')} />
        <label>
          {words.limitRequests}{' '}
          <input
            type="text"
            inputmode="numeric"
            name="limit_requests"
            value={form.limitRequests}
            maxlength={10}
            autocomplete="off"
          />
        </label>{' '}
        <label for="limit-seconds">{words.limitPer}</label> <LimitPeriods chosen={form.limitSeconds} />
        <p class="hint" id="limitRequests-hint">
          {words.limitHint}
        </p>
      </fieldset>
    </details>
  );
};

/** The periods that have a name, and the key's own where it has none. */
const LimitPeriods = ({ chosen }: { readonly chosen: string }) => {
  const named: readonly (readonly [string, string])[] = Object.entries(words.limitPeriods);
  const all = named.some(([seconds]) => seconds === chosen)
    ? named
    : [...named, [chosen, `${chosen} s`] as const];
  return (
    <select id="limit-seconds" name="limit_seconds">
      {all.map(([seconds, label]) => (
        <option value={seconds} selected={seconds === chosen}>
          {label}
        </option>
      ))}
    </select>
  );
};

import type { JSX } from 'hono/jsx/jsx-runtime';
import { described, FieldProblem } from './field-problem.tsx';

type Attributes = Pick<
  JSX.IntrinsicElements['input'],
  'value' | 'maxlength' | 'required' | 'autofocus' | 'autocapitalize' | 'spellcheck' | 'inputmode'
>;

/** A line of text, with its label, its hint and what is wrong with it. */
export const TextField = ({
  name,
  label,
  hint,
  problem,
  isAlone = false,
  ...attributes
}: Attributes & {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly problem?: string | undefined;
  /** Whether no other field of the form can be wrong, so that nothing is said of the whole. */
  readonly isAlone?: boolean;
}) => (
  <div class="field">
    <label for={name}>{label}</label>
    <input
      id={name}
      name={name}
      type="text"
      autocomplete="off"
      {...attributes}
      {...described(name, problem, hint !== undefined)}
    />
    <FieldProblem name={name} text={problem} isAlert={isAlone} />
    {hint === undefined ? null : (
      <p class="hint" id={`${name}-hint`}>
        {hint}
      </p>
    )}
  </div>
);

import { type Frame, Layout } from '../layout.tsx';
import type { ownerPathsAt } from '../paths.ts';
import { WORDS } from '../words.ts';

const { owner: words } = WORDS;

/** What stands in the form; '' is what everybody has. */
export interface LimitsForm {
  readonly plan: string;
  readonly keysLimit: string;
}

/** An owner's plan and number of keys. */
export const LimitsPage = ({
  frame,
  csrf,
  id,
  paths,
  form,
  plans,
  keysPerUser,
  problem,
}: {
  readonly frame: Frame;
  readonly csrf: string;
  readonly id: string;
  readonly paths: ReturnType<typeof ownerPathsAt>;
  readonly form: LimitsForm;
  readonly plans: readonly string[];
  readonly keysPerUser: number;
  readonly problem: string | null;
}) => (
  <Layout title={words.limits.title} frame={frame} width="form">
    <h1>{words.limits.title}</h1>
    <p>
      <code>{id}</code>
    </p>
    {problem === null ? null : (
      <p class="error panel" role="alert">
        {problem}
      </p>
    )}
    <form method="post" action={paths.limits}>
      <input type="hidden" name="csrf" value={csrf} />
      <div class="field">
        <label for="plan">{words.plan}</label>
        <select id="plan" name="plan">
          <option value="">{words.defaultPlan}</option>
          {plans.map((plan) => (
            <option value={plan} selected={plan === form.plan}>
              {plan}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="keys_limit">{words.keysLimit}</label>
        <input
          id="keys_limit"
          name="keys_limit"
          type="text"
          inputmode="numeric"
          value={form.keysLimit}
          maxlength={4}
          autocomplete="off"
          aria-describedby="hint"
        />
        <p class="hint" id="hint">
          {words.keysLimitHint(keysPerUser)}
        </p>
      </div>
      <div class="buttons">
        <a class="button quiet" href={paths.home}>
          {WORDS.create.cancel}
        </a>
        <button type="submit">{words.limits.button}</button>
      </div>
    </form>
  </Layout>
);

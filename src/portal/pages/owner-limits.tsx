import { Layout, type SignedInFrame } from '../layout.tsx';
import type { ownerPathsAt } from '../paths.ts';
import { PostForm } from '../post-form.tsx';
import { WORDS } from '../words.ts';
import { FormButtons } from './form-buttons.tsx';
import { FormProblem } from './form-problem.tsx';

const { owner: words } = WORDS;

/** What stands in the form; '' is what everybody has. */
export interface LimitsForm {
  readonly plan: string;
  readonly keysLimit: string;
}

/** An owner's plan and number of keys. */
export const LimitsPage = ({
  frame,
  id,
  paths,
  form,
  plans,
  keysPerUser,
  problem,
}: {
  readonly frame: SignedInFrame;
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
    <FormProblem text={problem} />
    <PostForm csrf={frame.csrf} action={paths.limits}>
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
      <FormButtons back={paths.home} button={words.limits.button} />
    </PostForm>
  </Layout>
);

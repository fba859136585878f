import { Layout, type SignedInFrame } from '../layout.tsx';
import type { ownerPathsAt } from '../paths.ts';
import { PostForm } from '../post-form.tsx';
import { WORDS } from '../words.ts';
import { FormButtons } from './form-buttons.tsx';
import { FormProblem } from './form-problem.tsx';
import { TextField } from './text-field.tsx';

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
      <TextField
        name="keys_limit"
        label={words.keysLimit}
        value={form.keysLimit}
        hint={words.keysLimitHint(keysPerUser)}
        inputmode="numeric"
        maxlength={4}
      />
      <FormButtons back={paths.home} button={words.limits.button} />
    </PostForm>
  </Layout>
);

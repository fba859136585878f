import { type Frame, Layout } from '../layout.tsx';
import { PATHS } from '../paths.ts';
import { WORDS } from '../words.ts';

const { code: words } = WORDS;

/** Asks for the code (RFC 8628 §3.3): typed, or there already, but never taken without a click (§3.3.1). */
export const CodePage = ({
  frame,
  csrf,
  typed,
  problem,
}: {
  readonly frame: Frame;
  readonly csrf: string;
  readonly typed: string;
  readonly problem: string | null;
}) => (
  <Layout title={words.title} frame={frame}>
    <h1>{words.title}</h1>
    <p class="soft">{words.lead}</p>
    <form method="post" action={PATHS.device}>
      <input type="hidden" name="csrf" value={csrf} />
      <label for="code">{words.label}</label>
      <input
        id="code"
        name="user_code"
        value={typed}
        required
        autofocus
        maxlength={64}
        autocomplete="off"
        autocapitalize="characters"
        autocorrect="off"
        spellcheck={false}
        aria-describedby={problem === null ? 'hint' : 'problem hint'}
        aria-invalid={problem === null ? undefined : 'true'}
      />
      {problem === null ? null : (
        <p class="error" id="problem" role="alert">
          {problem}
        </p>
      )}
      <p class="hint" id="hint">
        {words.hint}
      </p>
      <button type="submit">{words.button}</button>
    </form>
    <p class="note">{words.warning}</p>
  </Layout>
);

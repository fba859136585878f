import { Layout, type SignedInFrame } from '../layout.tsx';
import { PATHS } from '../paths.ts';
import { PostForm } from '../post-form.tsx';
import { WORDS } from '../words.ts';

const { code: words } = WORDS;

/** Asks for the code (RFC 8628 §3.3): typed, or there already, but never taken without a click (§3.3.1). */
export const CodePage = ({
  frame,
  typed,
  problem,
}: {
  readonly frame: SignedInFrame;
  readonly typed: string;
  readonly problem: string | null;
}) => (
  <Layout title={words.title} frame={frame}>
    <h1>{words.title}</h1>
    <p class="soft">{words.lead}</p>
    <PostForm csrf={frame.csrf} action={PATHS.device}>
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
    </PostForm>
    <p class="note">{words.warning}</p>
  </Layout>
);

import type { Sought } from '../../model/owners.ts';
import { Layout, type SignedInFrame } from '../layout.tsx';
import { ownerPathsAt, PATHS } from '../paths.ts';
import { PostForm } from '../post-form.tsx';
import { WORDS } from '../words.ts';

const { find: words } = WORDS;

/** What came of a search that leads to nobody, or to several. */
export type Outcome = Exclude<Sought, { readonly kind: 'owner' }>;

/** Asks for whom an operator looks, and lists who was found. */
export const FindPage = ({
  frame,
  outcome,
}: {
  readonly frame: SignedInFrame;
  readonly outcome: Outcome | null;
}) => {
  const found = outcome?.kind === 'email' ? outcome.found : [];
  const problem = outcome === null || found.length > 0 ? null : problemOf(outcome);
  return (
    <Layout title={words.title} frame={frame}>
      <h1>{words.title}</h1>
      <PostForm csrf={frame.csrf} action={PATHS.operators}>
        <div class="field">
          <label for="sought">{words.label}</label>
          <input
            id="sought"
            name="sought"
            type="text"
            required
            autofocus
            maxlength={512}
            autocomplete="off"
            autocapitalize="none"
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
        </div>
        <button type="submit">{words.button}</button>
      </PostForm>
      {found.length === 0 ? null : (
        <section aria-labelledby="found">
          <h2 id="found">{words.several}</h2>
          <ul>
            {found.map(({ owner, email }) => (
              <li>
                <a href={ownerPathsAt(owner.id).home}>
                  <bdi>{email}</bdi>
                </a>{' '}
                <code>{owner.id}</code>{' '}
                {owner.organizationId === null ? null : <code>{owner.organizationId}</code>}
              </li>
            ))}
          </ul>
        </section>
      )}
    </Layout>
  );
};

/** What was looked for, where that can be told: of a whole key, its id. */
const problemOf = (outcome: Outcome): string => {
  switch (outcome.kind) {
    case 'email':
      return words.noEmail(outcome.email);
    case 'key':
      return outcome.isWhole ? `${words.noKey(outcome.keyId)} ${words.wholeKey}` : words.noKey(outcome.keyId);
    case 'nothing':
      return words.nothing;
  }
};

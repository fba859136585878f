import type { Sought } from '../../model/owners.ts';
import { Layout, type SignedInFrame } from '../layout.tsx';
import { ownerPathsAt, PATHS } from '../paths.ts';
import { PostForm } from '../post-form.tsx';
import { WORDS } from '../words.ts';
import { TextField } from './text-field.tsx';

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
  const problem = outcome === null || found.length > 0 ? undefined : problemOf(outcome);
  return (
    <Layout title={words.title} frame={frame}>
      <h1>{words.title}</h1>
      <PostForm csrf={frame.csrf} action={PATHS.operators}>
        <TextField
          name="sought"
          label={words.label}
          hint={words.hint}
          problem={problem}
          isAlone
          required
          autofocus
          maxlength={512}
          autocapitalize="none"
          spellcheck={false}
        />
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

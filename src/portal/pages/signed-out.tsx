import { type Frame, Layout } from '../layout.tsx';
import { signInPath } from '../paths.ts';
import { WORDS } from '../words.ts';

const { signedOut: words } = WORDS;

interface SignedOut {
  readonly frame: Frame;
  /** For how long his sign-in may still be open elsewhere, in seconds; null where it is over. */
  readonly openSeconds: number | null;
  readonly canSignIn: boolean;
}

/** Says that a session is over, and what is not. */
export const SignedOutPage = ({ frame, openSeconds, canSignIn }: SignedOut) => (
  <Layout title={words.title} frame={frame}>
    <h1>{words.title}</h1>
    <p>{words.text}</p>
    {openSeconds === null ? null : (
      <p class="note">
        {words.open(openSeconds)} {words.advice}
      </p>
    )}
    {canSignIn ? (
      <p class="buttons">
        <a class="button" href={signInPath(frame.returnTo, false)}>
          {WORDS.actions.signInAgain}
        </a>
      </p>
    ) : (
      <p>{WORDS.noLogin(frame.brand)}</p>
    )}
  </Layout>
);

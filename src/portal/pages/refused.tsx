import { answerFor } from '../../http/answers.ts';
import type { Reason, Refusal } from '../../model/refusal.ts';
import { type Frame, Layout } from '../layout.tsx';
import { PATHS, signInPath } from '../paths.ts';
import { REFUSAL_WORDS, WORDS } from '../words.ts';

interface Refused {
  readonly frame: Frame;
  readonly refusal: Refusal;
  /** Whether there is a sign-in to be led to. */
  readonly canSignIn: boolean;
}

/** A refusal in words for people, with the one thing that can be done about it. */
export const RefusedPage = ({ frame, refusal, canSignIn }: Refused) => {
  const answer = answerFor(refusal);
  const [title, text] = REFUSAL_WORDS[refusal.reason] ?? [answer.title, answer.detail(refusal)];
  const isSignIn = refusal.reason in SIGN_INS;
  const next = canSignIn || !isSignIn ? nextAfter(refusal.reason, frame.returnTo) : null;
  return (
    <Layout title={title} frame={frame}>
      <h1>{title}</h1>
      <p>
        {text} {detailOf(refusal)}
      </p>
      {next === null ? (
        <p>{WORDS.noLogin(frame.brand)}</p>
      ) : (
        <p class="buttons">
          <a class="button" href={next.href}>
            {next.label}
          </a>
        </p>
      )}
    </Layout>
  );
};

/** The numbers of a refusal that a person can do something with. */
const detailOf = (refusal: Refusal): string => {
  if ('retryAfterSeconds' in refusal) return WORDS.wait(refusal.retryAfterSeconds);
  return 'maxAgeSeconds' in refusal ? WORDS.tooOld(refusal.maxAgeSeconds) : '';
};

/** What a sign-in mends, and whether it must be a new one. */
const SIGN_INS: Readonly<Partial<Record<Reason, { readonly isAgain: boolean; readonly label: string }>>> = {
  credential_missing: { isAgain: false, label: WORDS.actions.signIn },
  insufficient_user_authentication: { isAgain: true, label: WORDS.actions.signInAgain },
  sign_in_unknown: { isAgain: false, label: WORDS.actions.signIn },
};

/** What was decided upon, or cannot be any more: the next code is another one. */
const OVER: ReadonlySet<Reason> = new Set([
  'user_code_unknown',
  'key_limit_reached',
  'scope_not_grantable',
  'too_many_codes',
]);

/** The same wherever there is nothing: a way back to it would say that there is something, and lead to the same again. */
const NOT_FOR_HIM: ReadonlySet<Reason> = new Set(['not_found', 'role_missing', 'not_configured']);

const nextAfter = (reason: Reason, returnTo: string): { readonly href: string; readonly label: string } => {
  const signIn = SIGN_INS[reason];
  if (signIn !== undefined) return { href: signInPath(returnTo, signIn.isAgain), label: signIn.label };
  if (NOT_FOR_HIM.has(reason)) return { href: PATHS.home, label: WORDS.actions.home };
  // An address that asks for what cannot be would be refused again.
  if (reason === 'request_invalid') return { href: returnTo.split('?')[0] ?? '', label: WORDS.actions.again };
  return OVER.has(reason)
    ? { href: PATHS.device, label: WORDS.actions.device }
    : { href: returnTo, label: WORDS.actions.again };
};
